"""What does a history show, given everything that was drawn for it? A network answers where very many histories are needed."""
