"""The descriptions of all entities: what each is and where its value comes from."""
