"""Addresses of patrols."""

from __future__ import annotations

from django.urls import path

from mulin.services.patrols.views import plans, tasks

app_name = "patrols"
urlpatterns = [
    path("desk/patrols/", tasks.front, name="front"),
    path("desk/patrols/month/", tasks.month, name="month"),
    path("desk/patrols/tasks/", tasks.list_tasks, name="tasks"),
    path("desk/patrols/tasks/<uuid:id>/", tasks.task, name="task"),
    path("desk/patrols/tasks/<uuid:id>/walk/", tasks.walk, name="walk"),
    path("desk/patrols/tasks/<uuid:id>/finding/", tasks.finding, name="finding"),
    path("desk/patrols/tasks/<uuid:id>/miss/", tasks.miss, name="miss"),
    path("desk/patrols/plans/new/", plans.add, name="add"),
    path("desk/patrols/plans/<uuid:id>/", plans.plan, name="plan"),
    path("desk/patrols/plans/<uuid:id>/change/", plans.change, name="change"),
    path("desk/patrols/plans/<uuid:id>/activate/", plans.activate, name="activate"),
    path("desk/patrols/plans/<uuid:id>/end/", plans.end, name="end"),
]
