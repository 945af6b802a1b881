"""Addresses of the exchange."""

from __future__ import annotations

from django.urls import path

from mulin.services.exchange.views import (
    acceptance,
    agreements,
    counter,
    desk,
    honour_desk,
    honours,
    merchants,
    shop,
)

app_name = "exchange"
urlpatterns = [
    path("shop/", shop.shop, name="shop"),
    path("shop/goods/<uuid:id>/", shop.good, name="good"),
    path("shop/mine/", shop.mine, name="mine"),
    path("shop/mine/<uuid:id>/", shop.redemption, name="redemption"),
    path("shop/counter/", counter.counter, name="counter"),
    path("shop/counter/collect/<uuid:id>/", counter.collect, name="collect"),
    path("shop/counter/goods/<uuid:id>/", counter.shelf, name="shelf"),
    path("merchants/", merchants.merchants, name="merchants"),
    path("merchants/apply/", merchants.apply, name="apply"),
    path("merchants/<uuid:id>/code/", merchants.code, name="code"),
    path("till/", merchants.till, name="till"),
    path("till/<uuid:id>/", merchants.my_merchant, name="my_merchant"),
    path("till/statements/<uuid:id>/", merchants.statement, name="statement"),
    path("desk/merchants/", agreements.desk_merchants, name="desk_merchants"),
    path("desk/merchants/<uuid:id>/", agreements.desk_merchant, name="desk_merchant"),
    path("desk/alliances/", agreements.alliances, name="alliances"),
    path("desk/discounts/", agreements.grants, name="grants"),
    path("desk/acceptance/", acceptance.acceptance, name="acceptance"),
    path("desk/acceptance/rule/", acceptance.acceptance_rule, name="acceptance_rule"),
    path("desk/acceptance/<uuid:id>/", acceptance.agreement, name="agreement"),
    path("desk/netting/<uuid:id>/", acceptance.netting, name="netting"),
    path("desk/shops/", desk.shops, name="shops"),
    path("desk/shops/new/", desk.new_shop, name="new_shop"),
    path("desk/shops/<uuid:id>/", desk.shop_desk, name="shop_desk"),
    path("desk/shops/<uuid:id>/goods/new/", desk.new_good, name="new_good"),
    path("desk/shops/goods/<uuid:id>/", desk.change_good, name="change_good"),
    path("honours/", honours.honours, name="honours"),
    path("honours/mine/", honours.mine, name="honours_mine"),
    path("honours/mine/<uuid:id>/", honours.mine_one, name="honour_mine_one"),
    path("honours/<uuid:id>/", honours.honour, name="honour"),
    path("honours/<uuid:id>/nominate/", honours.nominate, name="honour_nominate"),
    path("honours/notices/<uuid:id>/object/", honours.object_to, name="honour_object"),
    path("honours/awards/<uuid:id>/certificate/", honours.certificate, name="honour_certificate"),
    path("honours/counted/<uuid:id>/", honours.counted, name="honour_counted"),
    path("desk/honours/", honour_desk.honours_desk, name="honours_desk"),
    path("desk/honours/new/", honour_desk.new, name="honour_new"),
    path("desk/honours/<uuid:id>/", honour_desk.honour_desk, name="honour_desk"),
    path("desk/honours/<uuid:id>/decide/", honour_desk.decide, name="honour_decide"),
    path("desk/honours/objections/<uuid:id>/", honour_desk.objection, name="honour_objection"),
]
