"""The API of what was found: the codebook, codings and counts."""

from ninja import Router

from . import changes, studies

router = Router()
router.add_router("", changes.router)
router.add_router("", "coding.api.crosstab.router")
router.add_router("", studies.router)
