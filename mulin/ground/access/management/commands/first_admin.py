"""``mulin first-admin --county CODE --username NAME [--name 姓名]``: the first administrator of a county."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mulin.citus.commands import opened
from mulin.ground.access import actions
from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused


class Command(BaseCommand):
    help = "开通一个县的第一位管理员，打印一次性密码；首次登录须改密码、绑定动态口令"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", type=int, required=True, help="六位县码")
        parser.add_argument("--username", required=True, help="用户名：小写字母、数字、点、横线")
        parser.add_argument("--name", default="", help="姓名，加密保存")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        code = opened(options["county"]).code
        with county_scope(code):
            try:
                once = actions.first_admin(
                    username=options["username"],
                    name=options["name"],
                    by=system(code, "first-admin"),
                    now=clock.now(),
                )
            except Refused as refused:
                raise CommandError(str(refused.message)) from None
        if options["format"] == "json":
            told = {"county": code, "username": options["username"].strip().lower(), "password": once}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        self.stdout.write(f"管理员 {options['username'].strip().lower()} 的一次性密码（只显示这一次）：")
        self.stdout.write(once)
        self.stdout.write("首次登录要改密码，再用手机验证器绑定动态口令。")
