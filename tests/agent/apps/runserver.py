"""`manage.py runserver` of the project in `django_app`."""

import sys

import django_app  # noqa: F401  # configures Django
from django.core.management import execute_from_command_line

execute_from_command_line(["manage.py", "runserver", "--noreload", "--skip-checks", *sys.argv[1:]])
