"""Persons, households, organisations and consent, with the least data that the work needs.

No identity number, birth date, sex or address line is asked. A phone number is stored encrypted beside a
keyed hash.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped

OPEN = models.Q(ended_on__isnull=True)


class Person(CountyScoped):
    name_sealed = models.TextField(blank=True, default="")
    phone_sealed = models.TextField(blank=True, default="")
    phone_hash = models.CharField(max_length=64, blank=True, default="")
    email_sealed = models.TextField(blank=True, default="")
    wechat_sealed = models.TextField(blank=True, default="")
    public_name = models.CharField(
        max_length=40, blank=True, default="", help_text="name shown by duty, for staff"
    )
    work_phone = models.CharField(
        max_length=20, blank=True, default="", help_text="published number, for staff"
    )
    language = models.CharField(max_length=10, blank=True, default="")
    large_print = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "phone_hash"], name="person_phone", condition=~models.Q(phone_hash="")
            ),
            models.CheckConstraint(
                name="person_erased_is_empty",
                condition=models.Q(erased_at__isnull=True)
                | models.Q(
                    name_sealed="",
                    phone_sealed="",
                    phone_hash="",
                    email_sealed="",
                    wechat_sealed="",
                    public_name="",
                    work_phone="",
                ),
            ),
        ]
        indexes = [
            # the staff directory, newest first
            models.Index(fields=["county", "id"], name="person_staff", condition=~models.Q(public_name="")),
        ]


class Household(CountyScoped):
    label = models.CharField(max_length=60, blank=True, default="", help_text="door, such as 2单元301")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)


class HouseholdMember(CountyScoped):
    household = CountyForeignKey(Household, on_delete=models.CASCADE, related_name="members")
    person = CountyForeignKey(Person, on_delete=models.CASCADE, related_name="+", county_index=False)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "person"], name="household_one_at_a_time", condition=OPEN
            )
        ]


class Purpose(models.TextChoices):
    CONTACT = "contact", _("就本人反映的事项与本人联系")
    MESSAGES = "messages", _("通过短信或微信接收办理通知")
    POSITION = "position", _("使用本人提供的位置确定所属网格")
    PHOTO = "photo", _("保存本人上传的照片用于办理")


class Consent(CountyScoped):
    """One purpose agreed to, and when it was withdrawn. The wording is stored as it was shown."""

    person = CountyForeignKey(Person, on_delete=models.CASCADE, related_name="consents", county_index=False)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    wording = models.TextField()
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "person", "purpose"],
                name="consent_once",
                condition=models.Q(withdrawn_at__isnull=True),
            )
        ]


class OrganisationKind(models.TextChoices):
    COUNTY_OFFICE = "county_office", _("县级机构")
    DEPARTMENT = "department", _("部门")
    SUBDISTRICT_OFFICE = "subdistrict_office", _("街道办事处（乡镇政府）")
    COMMUNITY = "residents_committee", _("社区居委会（村委会）")
    PROFESSIONAL_TEAM = "professional_team", _("专业队伍")
    PROPERTY_COMPANY = "property_company", _("物业企业")
    MERCHANT = "merchant", _("商户")
    OTHER = "other", _("其他")


class Organisation(CountyScoped):
    kind = models.CharField(max_length=30, choices=OrganisationKind.choices)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True, default="")
    sort_key = models.CharField(max_length=120, blank=True, default="", db_collation="C")
    parent = CountyForeignKey("self", on_delete=models.PROTECT, null=True, related_name="parts")
    credit_code = models.CharField(max_length=18, blank=True, default="", help_text="GB 32100-2015")
    duty_phone = models.CharField(max_length=20, blank=True, default="")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "kind", "name"], name="organisation_name", condition=OPEN
            )
        ]
        indexes = [models.Index(fields=["county", "sort_key", "id"], name="organisation_order")]

    def __str__(self) -> str:
        return self.name


class Membership(CountyScoped):
    """A person works in an organisation from a day to a day."""

    organisation = CountyForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    person = CountyForeignKey(
        Person, on_delete=models.CASCADE, related_name="memberships", county_index=False
    )
    post = models.CharField(max_length=40, blank=True, default="")
    leads = models.BooleanField(default=False, help_text="leads the organisation: 队长")
    credential = models.CharField(
        max_length=40,
        blank=True,
        default="",
        help_text="published number of an enforcement officer: 执法证号",
    )
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "person", "organisation"], name="membership_once", condition=OPEN
            ),
            models.UniqueConstraint(
                fields=["county", "organisation"],
                name="membership_one_leader",
                condition=OPEN & models.Q(leads=True),
            ),
            models.UniqueConstraint(
                fields=["county", "credential"],
                name="membership_credential",
                condition=OPEN & ~models.Q(credential=""),
            ),
            models.CheckConstraint(
                name="membership_days",
                condition=models.Q(ended_on__isnull=True) | models.Q(ended_on__gte=models.F("started_on")),
            ),
        ]


class Secondment(CountyScoped):
    """A professional team of one unit works under another (整建制下沉) from a day to a day."""

    team = CountyForeignKey(Organisation, on_delete=models.PROTECT, related_name="secondments")
    home = CountyForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", county_index=False)
    host = CountyForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "team"], name="secondment_one_at_a_time", condition=OPEN
            ),
            models.CheckConstraint(
                name="secondment_days",
                condition=models.Q(ended_on__isnull=True) | models.Q(ended_on__gt=models.F("started_on")),
            ),
            models.CheckConstraint(name="secondment_elsewhere", condition=~models.Q(home=models.F("host"))),
        ]


class LeaveReason(models.TextChoices):
    """Why somebody is away: never more than this, and nothing about health."""

    ANNUAL = "annual", _("年休假")
    OFFICIAL = "official", _("公务外出")
    TRAINING = "training", _("培训学习")
    OTHER = "other", _("其他（不必说明）")


class Leave(CountyScoped):
    """A colleague is away from his first day to his last, both included; somebody may stand in for him."""

    person = CountyForeignKey(Person, on_delete=models.CASCADE, related_name="+", county_index=False)
    stand_in = CountyForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=20, choices=LeaveReason.choices)
    entered_by = models.UUIDField(null=True)
    entered_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="leave_days", condition=models.Q(last_day__gte=models.F("first_day"))
            ),
            models.CheckConstraint(
                name="leave_stand_in_is_another",
                condition=models.Q(stand_in__isnull=True) | ~models.Q(stand_in=models.F("person")),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "person", "last_day"], name="leave_of_person"),
            models.Index(fields=["county", "stand_in", "last_day"], name="leave_stood_in"),
            models.Index(fields=["county", "last_day"], name="leave_running"),
        ]
