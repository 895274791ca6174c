-- Items whose answer is known, mixed into a person's items; people who are paused, left out, or not yet let in.
-- Changing a function: a new migration with the whole new text, never an edit here.

-- Whether the person's turn of that number brings a honeypot. Chance to him, and known beforehand to the house, so that
-- "left for you" counts down by one with each answer whatever it was given to.
CREATE FUNCTION queues_is_honeypot_turn(seed bigint, share float8, reviewer uuid, turn bigint)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashtextextended(reviewer::text || ':' || turn::text, seed) & 9007199254740991)::float8 / 9007199254740992
        < share
$$;

-- The honeypots that the person could get: under today's labels, and nothing of what he has had before in any queue.
CREATE FUNCTION queues_honeypots_free(of_queue uuid, by_reviewer uuid)
RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT i.id FROM queues_item i
    WHERE i.queue_id = of_queue AND i.state = 'honeypot' AND i.schema_id = (
            SELECT s.id FROM projects_labelschema s JOIN queues_queue q ON q.project_id = s.project_id
            WHERE q.id = of_queue ORDER BY s.version DESC LIMIT 1)
        AND NOT EXISTS (
            SELECT 1 FROM queues_item had JOIN queues_review r ON r.item_id = had.id
            WHERE r.reviewer_id = by_reviewer
              AND (had.id = i.original_id OR had.original_id = i.original_id OR had.trace_id = i.trace_id))
$$;

-- A honeypot that ran out on him comes back like any item; else, on its turn, one that he never had, in his own order.
CREATE FUNCTION queues_take_honeypot(of_queue uuid, by_reviewer uuid, is_turn boolean)
RETURNS queues_item LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    taken queues_item;
BEGIN
    SELECT i.* INTO taken FROM queues_review r JOIN queues_item i ON i.id = r.item_id
    WHERE r.reviewer_id = by_reviewer AND r.state = 'expired' AND i.queue_id = of_queue AND i.state = 'honeypot'
    ORDER BY r.leased_at DESC LIMIT 1 FOR UPDATE OF i SKIP LOCKED;
    IF taken.id IS NULL AND is_turn THEN
        SELECT i.* INTO taken FROM queues_item i
        WHERE i.id IN (SELECT queues_honeypots_free(of_queue, by_reviewer)) AND i.state = 'honeypot'
        ORDER BY md5(i.id::text || by_reviewer::text) LIMIT 1 FOR UPDATE OF i SKIP LOCKED;
    END IF;
    RETURN taken;
END $$;

-- How many honeypots the person will be given before the last of `n_left` other items. For the eye: of 1,000 at most.
CREATE FUNCTION queues_honeypots_ahead(of_queue uuid, by_reviewer uuid, n_left int)
RETURNS int LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN n_left > 0 THEN (least(
        (SELECT count(*) FROM queues_honeypots_free(of_queue, by_reviewer)),
        (SELECT count(*) FILTER (WHERE t.brings_one AND t.others < n_left) FROM (
            SELECT k.brings_one, count(*) FILTER (WHERE NOT k.brings_one) OVER (ORDER BY k.turn) AS others
            FROM (SELECT n.turn, queues_is_honeypot_turn(q.seed, q.honeypot_share, by_reviewer, n.turn) AS brings_one
                  FROM queues_queue q, generate_series(
                      coalesce((SELECT c.n_turns FROM queues_reviewercursor c
                                WHERE c.queue_id = of_queue AND c.reviewer_id = by_reviewer), 0),
                      coalesce((SELECT c.n_turns FROM queues_reviewercursor c
                                WHERE c.queue_id = of_queue AND c.reviewer_id = by_reviewer), 0)
                          + 3 * least(n_left, 1000) + 60) AS n(turn)
                  WHERE q.id = of_queue) k
        ) t)
    ) + (SELECT count(*) FROM queues_review r JOIN queues_item i ON i.id = r.item_id
         WHERE r.reviewer_id = by_reviewer AND r.state = 'expired' AND i.queue_id = of_queue AND i.state = 'honeypot')
    )::int ELSE 0 END
$$;

-- Lease the next item to a person, or give the lease he holds. `outcome`:
--   held     the lease he had        fresh    an item he never had before     again   one that he had and that came back
--   nothing  nothing is left         closed   the queue gives nothing out
--   paused   he gets nothing here until a manager has looked                  newcomer   he has to qualify first
--   stale    leases of this queue ran out: they have to be ended first       } only where `is_last` is false; nothing
--   adopts   the item has an older version of the labels and nobody holds it } was leased then, and the caller asks again
-- With `is_last`, `adopts` says that the leased item has to take on the current labels now.
CREATE OR REPLACE FUNCTION queues_claim(
    of_queue uuid, by_reviewer uuid, at timestamptz, lanes text[], is_last boolean, new_id uuid, new_cursor uuid,
    OUT outcome text, OUT adopts boolean, OUT review queues_review, OUT item queues_item
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    cursor_life CONSTANT interval := '10 minutes';  -- a fresh walk now and then finds what was committed late
    before queues_reviewercursor;
    place queues_reviewercursor;
    q queues_queue;
    honeypot queues_item;
    used_turn boolean := false;
    step record;
    found_in text;
    busy int;
BEGIN
    adopts := false;
    SELECT * INTO q FROM queues_queue WHERE id = of_queue;
    IF EXISTS (SELECT 1 FROM queues_reviewerpause p
               WHERE p.queue_id = of_queue AND p.reviewer_id = by_reviewer AND p.ended_at IS NULL)
        OR EXISTS (SELECT 1 FROM queues_reviewerexclusion x
                   WHERE x.queue_id = of_queue AND x.reviewer_id = by_reviewer AND x.ended_at IS NULL) THEN
        outcome := 'paused';
        RETURN;
    END IF;
    IF q.qualification_items > 0 AND NOT EXISTS (
        SELECT 1 FROM queues_revieweradmission a
        WHERE a.queue_id = of_queue AND a.reviewer_id = by_reviewer AND a.ended_at IS NULL
    ) THEN
        outcome := 'newcomer';
        RETURN;
    END IF;

    -- Locked first and always: two requests of one person must not both lease.
    SELECT * INTO before FROM queues_reviewercursor c
    WHERE c.queue_id = of_queue AND c.reviewer_id = by_reviewer FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO queues_reviewercursor (id, queue_id, reviewer_id, sort_key, item_id, seen_seq, started_at)
        SELECT new_cursor, of_queue, by_reviewer, NULL, NULL, s.last_value, at FROM queues_bump_seq s
        ON CONFLICT ON CONSTRAINT reviewercursor_once DO NOTHING;
        SELECT * INTO before FROM queues_reviewercursor c
        WHERE c.queue_id = of_queue AND c.reviewer_id = by_reviewer FOR UPDATE;
    END IF;
    place := before;
    IF place.started_at < at - cursor_life THEN
        place := queues_to_top(place);
        place.started_at := at;
    END IF;

    SELECT r.* INTO review FROM queues_review r JOIN queues_item i ON i.id = r.item_id
    WHERE r.reviewer_id = by_reviewer AND r.state = 'leased' AND i.queue_id = of_queue
    ORDER BY r.leased_at DESC LIMIT 1;
    IF FOUND AND review.expires_at > at THEN
        SELECT * INTO item FROM queues_item i WHERE i.id = review.item_id;
        outcome := 'held';
        RETURN;
    END IF;
    review := NULL;

    IF NOT is_last AND EXISTS (
        SELECT 1 FROM queues_review r JOIN queues_item i ON i.id = r.item_id
        WHERE r.state = 'leased' AND r.expires_at <= at AND i.queue_id = of_queue
    ) THEN
        outcome := 'stale';
        RETURN;
    END IF;

    IF q.state NOT IN ('open', 'draining') THEN
        outcome := 'closed';
        RETURN;
    END IF;

    FOREACH found_in IN ARRAY lanes LOOP
        IF found_in = 'main' THEN
            SELECT * INTO step FROM queues_take_main(place);
            place := step.place;
            item := step.taken;
        ELSE
            item := queues_take_walking(found_in, of_queue, by_reviewer);
        END IF;
        EXIT WHEN item.id IS NOT NULL;
    END LOOP;

    -- A honeypot goes before an item that was found, so that none comes where nothing else is left; it goes neither
    -- before a deadline nor before what was handed to him. The item stays where it is, and is his next one.
    IF q.honeypot_share > 0 AND item.id IS NOT NULL AND found_in IN ('main', 'audit') THEN
        honeypot := queues_take_honeypot(
            of_queue, by_reviewer, queues_is_honeypot_turn(q.seed, q.honeypot_share, by_reviewer, place.n_turns));
        IF honeypot.id IS NOT NULL THEN
            item := honeypot;
            found_in := 'honeypot';
        END IF;
        -- One that comes back uses up no turn.
        used_turn := NOT EXISTS (
            SELECT 1 FROM queues_review r WHERE r.item_id = honeypot.id AND r.reviewer_id = by_reviewer);
    END IF;

    SELECT count(*) FILTER (WHERE r.state IN ('leased', 'submitted') AND NOT EXISTS (
               SELECT 1 FROM queues_reviewerexclusion x
               WHERE x.queue_id = of_queue AND x.reviewer_id = r.reviewer_id AND x.ended_at IS NULL)),
           coalesce(bool_or(r.state = 'leased'), false)
    INTO busy, adopts FROM queues_review r WHERE r.item_id = item.id;
    -- An open lease finishes under the version it began with. A honeypot has no other version.
    adopts := item.id IS NOT NULL AND NOT adopts AND found_in <> 'honeypot' AND item.schema_id <> (
        SELECT s.id FROM projects_labelschema s WHERE s.project_id = q.project_id ORDER BY s.version DESC LIMIT 1);
    IF used_turn AND (is_last OR NOT adopts) THEN
        place.n_turns := place.n_turns + 1;
    END IF;
    IF place IS DISTINCT FROM before THEN
        UPDATE queues_reviewercursor c
        SET sort_key = place.sort_key, item_id = place.item_id, seen_seq = place.seen_seq, started_at = place.started_at,
            n_turns = place.n_turns
        WHERE c.id = place.id;
    END IF;
    IF item.id IS NULL THEN
        outcome := 'nothing';
        RETURN;
    END IF;
    IF adopts AND NOT is_last THEN
        outcome := 'adopts';
        RETURN;
    END IF;

    UPDATE queues_review r
    SET state = 'leased', submitted_at = NULL, skip_reason = '', token = nextval('queues_token_seq'), lane = found_in,
        leased_at = at, expires_at = at + make_interval(secs => q.lease_seconds)
    WHERE r.item_id = item.id AND r.reviewer_id = by_reviewer
    RETURNING r.* INTO review;
    outcome := 'again';
    IF NOT FOUND THEN
        INSERT INTO queues_review AS r (
            id, item_id, reviewer_id, state, token, lane, leased_at, expires_at, submitted_at, skip_reason)
        VALUES (new_id, item.id, by_reviewer, 'leased', nextval('queues_token_seq'), found_in,
                at, at + make_interval(secs => q.lease_seconds), NULL, '')
        RETURNING r.* INTO review;
        outcome := 'fresh';
    END IF;
    IF item.reserved_for_id = by_reviewer THEN
        UPDATE queues_item i SET reserved_for_id = NULL WHERE i.id = item.id;
        item.reserved_for_id := NULL;
    END IF;
    SELECT w.slots, w.bumped INTO item.open_slots, item.bumped_seq
    FROM queues_item_write(item.id, item.state, item.wanted, item.wanted_max, item.settled_at,
                           item.adjudication_reason, item.retired_reason, busy + 1) w;
END $$;
