-- The words of a text, for finding settled items that say something like it. Scripts written without spaces are taken
-- sign by sign. Of the shipped dictionaries "simple" is the one that belongs to no language.
CREATE FUNCTION queues_words(of_text text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT pg_catalog.to_tsvector('pg_catalog.simple'::regconfig,
        pg_catalog.regexp_replace(of_text, '([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])', ' \1 ', 'g'))
$$;

-- Only what is settled, so that an item is written here once, when it settles; without the pending list, so that no
-- answer has to tidy up after the others.
CREATE INDEX item_settled_words ON queues_item USING gin (queues_words(search_text)) WITH (fastupdate = off)
WHERE state = 'settled';
