"""The newsroom's own words in place of those of the product, in each language of the interface."""
