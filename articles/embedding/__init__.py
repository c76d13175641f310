"""Coverage on pages of other sites: the fragment, the page for an iframe, the custom element, and oEmbed.

`articles.embeds` is the other direction: contents of other sites in our updates.
"""
