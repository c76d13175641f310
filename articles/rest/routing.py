"""All operations of this app."""

from ninja import Router

from articles.rest import pictures, reading, translating, writing

router = Router()
router.add_router("", reading.router)
router.add_router("", writing.router)
router.add_router("", pictures.router)
router.add_router("", translating.router)
