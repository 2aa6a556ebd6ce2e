"""How hard hypothesis looks. No deadline per example: a busy machine must not fail a test."""

from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=75, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quick")
