"""The newsroom's name, logos, colours, fonts and links, which everything that readers get bears."""
