"""The public pages: what goes wrong with AI and what helps, for people, in Chinese and English."""
