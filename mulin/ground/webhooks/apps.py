"""The webhooks app: connected systems are told what happens to cases."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "mulin.ground.webhooks"
    label = "webhooks"
