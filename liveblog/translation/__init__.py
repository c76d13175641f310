"""Ask machine translation services, detect languages and find glossary terms. Knows no model."""
