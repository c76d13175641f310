"""The newsroom's own wording of messages of the product, in each language of the interface."""
