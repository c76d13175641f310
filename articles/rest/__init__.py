"""Articles, updates and translations in the interface for programs, /api/v1/ (`liveblog.rest`)."""

from ninja import Router

from articles.rest import pictures, reading, translating, writing

#: All operations of this app.
router = Router()
router.add_router("", reading.router)
router.add_router("", writing.router)
router.add_router("", pictures.router)
router.add_router("", translating.router)
