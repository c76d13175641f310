"""The newsroom's name, logos, colours, fonts and links, which all pages, cards and e-mails show."""
