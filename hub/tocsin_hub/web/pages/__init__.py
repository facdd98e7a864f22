"""One module per page or family of pages; each page is a function from what is seen to an answer."""
