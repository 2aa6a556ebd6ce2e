"""What every function needs of AWS: its environment read and checked, its clients, its logger.

`clients` makes boto3 clients, `environment` reads the environment, `logs` makes the logger. None knows another, and
none knows a function.
"""
