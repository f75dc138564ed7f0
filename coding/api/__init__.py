"""The API of what was found: the codebook, codings and counts."""

from ninja import Router

from . import changes, codes, memos, presence, studies

router = Router()
router.add_router("", changes.router)
router.add_router("", "coding.api.crosstab.router")
router.add_router("", studies.router)
router.add_router("", codes.router)
router.add_router("", presence.router)
router.add_router("", memos.router)
