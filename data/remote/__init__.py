"""What may be fetched, from whom: files from the web, datasets of the Hugging Face hub, published collections."""
