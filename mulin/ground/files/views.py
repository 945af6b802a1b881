"""The one door to a file's bytes."""

from __future__ import annotations

import logging
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.ground.files import queries
from mulin.kernel.doors import asking
from mulin.kernel.errors import NotFound

log = logging.getLogger(__name__)


@require_safe
def serve(request: HttpRequest, id: UUID) -> HttpResponse | FileResponse:
    """A photo (with ``?size=thumb`` its small picture) or a recording, for whoever may see its subject; else 404."""
    actor = asking(request)
    file = queries.visible_file(actor, id, request.GET.get("receipt", ""))
    if file is None:
        raise NotFound(_("没有这个文件。"))
    thumb = request.GET.get("size") == "thumb" and file.width is not None
    tag = f'"{file.sha256[:32]}{"-thumb" if thumb else ""}"'
    response: HttpResponse | FileResponse
    if tag in request.headers.get("If-None-Match", ""):
        response = HttpResponseNotModified()
    else:
        path = queries.path_of(file, thumb=thumb)
        try:
            response = FileResponse(path.open("rb"), content_type="image/jpeg" if thumb else file.media_type)
        except FileNotFoundError:
            log.error("file %s: its bytes are missing on disk", file.id)  # noqa: TRY400 (the trace says no more)
            raise NotFound(_("没有这个文件。"))
        response["Content-Disposition"] = (
            f'inline; filename="{file.sha256[:12]}{".jpg" if thumb else path.suffix}"'
        )
    response["Cache-Control"] = "private, max-age=600"
    response["ETag"] = tag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
