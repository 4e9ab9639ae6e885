"""The one Django application of the spine."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Registers the spine's models."""

    name = "taizhang.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"
