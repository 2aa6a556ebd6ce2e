"""The login: OAuth client credentials (https://developer.genesys.cloud/authorization/platform-auth/use-client-credentials)."""

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs

from genesys_simulator.messages import Refusal, Request, Response, json_response, oauth_error
from genesys_simulator.routes import Route
from genesys_simulator.state import State


def _give_token(state: State, request: Request, _values: Mapping[str, str]) -> Response:
    _count_login(state)
    form = {name: values[-1] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
    if "grant_type" not in form:
        raise Refusal(400, "The form must have a grant_type.", code="invalid_request")
    if form["grant_type"] != "client_credentials":
        raise Refusal(400, "The grant_type must be client_credentials.", code="unsupported_grant_type")
    settings = state.settings
    given = _credentials(request, form)
    expected = f"{settings.client_id}:{settings.client_secret}"
    if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
        raise Refusal(401, "The client id is unknown or the client secret is wrong.", code="invalid_client")
    token = state.tokens.issue(settings.expires_in)
    return json_response({"access_token": token, "token_type": "bearer", "expires_in": settings.expires_in})


def _count_login(state: State) -> None:
    """The platform's answer to too many logins is a 400, whatever was to be said about the login itself."""
    settings = state.settings
    if settings.login_limit_calls is None:
        return
    usage = state.login_limiter.count(
        "login", allowed=settings.login_limit_calls, window_seconds=settings.rate_limit_window_seconds
    )
    if usage.exceeded:
        raise Refusal(400, "Authentication request rate limit exceeded.", code="invalid_request")


def _credentials(request: Request, form: Mapping[str, str]) -> str:
    """`id:secret` from the Basic header, else from the form."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return f"{form.get('client_id', '')}:{form.get('client_secret', '')}"
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        raise Refusal(401, "The Authorization header is not Basic with base64.", code="invalid_client") from None


ROUTES = [Route("POST", "/oauth/token", _give_token, operation="token", error_shape=oauth_error)]
