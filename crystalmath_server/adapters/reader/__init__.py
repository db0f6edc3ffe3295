"""Code of the reading process: reads documents and vasprun.xml files, without AiiDA."""
