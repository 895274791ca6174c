-- The claim with plans that are kept: planning its statements anew, for each person and place, took a third of it.
-- Changing a function: a new migration with the whole new text, never an edit here.
--
-- A kept plan knows neither the values nor how the tables grew since, so each statement leaves one way to go: the key or
-- the partial index it is written for. OFFSET 0 keeps a look for each candidate a look, which as a join could read all
-- that a person ever answered; IS NOT DISTINCT FROM compares without offering an index; no table is read whole.

-- Lock the first of the items, in this order, that nobody else has locked and that can still be claimed by him. The
-- look was unlocked, so the row is looked at again under the lock. NULL: all were locked or gone.
CREATE OR REPLACE FUNCTION queues_lock_first(items uuid[], of_queue uuid, by_reviewer uuid)
RETURNS queues_item LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    candidate uuid;
    taken queues_item;
BEGIN
    FOREACH candidate IN ARRAY coalesce(items, '{}') LOOP
        SELECT * INTO taken FROM queues_item i WHERE i.id = candidate FOR UPDATE SKIP LOCKED;
        IF FOUND AND taken.queue_id = of_queue AND taken.state = 'open' AND taken.open_slots > 0
            AND (taken.reserved_for_id IS NULL OR taken.reserved_for_id = by_reviewer)
            AND NOT EXISTS (
                SELECT 1 FROM queues_review r WHERE r.item_id = candidate
                  AND r.reviewer_id IS NOT DISTINCT FROM by_reviewer AND r.state <> 'expired')
        THEN
            RETURN taken;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- The next item of the main lane. `place` is the person's cursor; it comes back moved, and the caller stores it.
CREATE OR REPLACE FUNCTION queues_take_main(INOUT place queues_reviewercursor, OUT taken queues_item)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    page int := 16;  -- unlocked candidates tried at a time; more than the claims that run at once
    most_tried CONSTANT int := 1000;
    bumped_page CONSTANT int := 200;
    re_entered uuid[];
    n int;
    newest bigint;
    rows uuid[];
    first_key float8;
BEGIN
    -- What re-entered before the cursor, best first. Too much of it, and the cursor goes back to the top.
    IF place.sort_key IS NOT NULL THEN
        SELECT count(*), max(b.bumped_seq), array_agg(b.id ORDER BY b.sort_key DESC, b.id) FILTER (
            WHERE b.is_free
              AND (b.sort_key > place.sort_key OR (b.sort_key = place.sort_key AND b.id < place.item_id)))
        INTO n, newest, re_entered
        FROM (SELECT i.id, i.sort_key, i.bumped_seq, NOT EXISTS (
                  SELECT 1 FROM queues_review r WHERE r.item_id = i.id
                    AND r.reviewer_id IS NOT DISTINCT FROM place.reviewer_id AND r.state <> 'expired' OFFSET 0) AS is_free
              FROM queues_item i
              WHERE i.queue_id = place.queue_id AND i.state = 'open' AND i.open_slots > 0
                AND i.reserved_for_id IS NULL AND NOT i.is_audit AND i.bumped_seq > place.seen_seq
              ORDER BY i.bumped_seq LIMIT bumped_page) b;
        IF n = bumped_page THEN
            place := queues_to_top(place);
        ELSIF re_entered IS NOT NULL THEN
            taken := queues_lock_first(re_entered, place.queue_id, place.reviewer_id);
            IF taken.id IS NOT NULL THEN RETURN; END IF;
        ELSIF n > 0 THEN
            place.seen_seq := newest;
        END IF;
    END IF;
    -- Before saying that nothing is left, look once from the top, so that nothing is stranded by a late commit.
    LOOP
        IF place.sort_key IS NULL THEN
            SELECT array_agg(c.id ORDER BY c.sort_key DESC, c.id), max(c.sort_key) INTO rows, first_key
            FROM (SELECT i.id, i.sort_key FROM queues_item i
                  WHERE i.queue_id = place.queue_id AND i.state = 'open' AND i.open_slots > 0
                    AND i.reserved_for_id IS NULL AND NOT i.is_audit AND NOT EXISTS (
                        SELECT 1 FROM queues_review r WHERE r.item_id = i.id
                          AND r.reviewer_id IS NOT DISTINCT FROM place.reviewer_id AND r.state <> 'expired' OFFSET 0)
                  ORDER BY i.sort_key DESC, i.id LIMIT page) c;
        ELSE
            -- The first condition alone bounds the index scan.
            SELECT array_agg(c.id ORDER BY c.sort_key DESC, c.id), max(c.sort_key) INTO rows, first_key
            FROM (SELECT i.id, i.sort_key FROM queues_item i
                  WHERE i.queue_id = place.queue_id AND i.state = 'open' AND i.open_slots > 0
                    AND i.reserved_for_id IS NULL AND NOT i.is_audit AND i.sort_key <= place.sort_key
                    AND (i.sort_key < place.sort_key OR i.id >= place.item_id) AND NOT EXISTS (
                        SELECT 1 FROM queues_review r WHERE r.item_id = i.id
                          AND r.reviewer_id IS NOT DISTINCT FROM place.reviewer_id AND r.state <> 'expired' OFFSET 0)
                  ORDER BY i.sort_key DESC, i.id LIMIT page) c;
        END IF;
        IF rows IS NOT NULL THEN
            -- The place of the first row that he may still get, read without locks: rows that others hold do not
            -- move it.
            place.sort_key := first_key;
            place.item_id := rows[1];
            taken := queues_lock_first(rows, place.queue_id, place.reviewer_id);
            IF taken.id IS NOT NULL OR page > most_tried THEN RETURN; END IF;
            -- Others have locked or taken all of them since the look. That is not "nothing left": look again, further.
            page := page * 2;
            CONTINUE;
        END IF;
        EXIT WHEN place.sort_key IS NULL;
        place := queues_to_top(place);
    END LOOP;
END $$;

-- The next item of a lane other than the main one.
CREATE OR REPLACE FUNCTION queues_take_walking(lane text, of_queue uuid, by_reviewer uuid)
RETURNS queues_item LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    page CONSTANT int := 16;
    rows uuid[];
BEGIN
    IF lane = 'reserved' THEN
        rows := ARRAY(SELECT i.id FROM queues_item i
            WHERE i.queue_id = of_queue AND i.state = 'open' AND i.open_slots > 0 AND i.reserved_for_id = by_reviewer
              AND NOT EXISTS (SELECT 1 FROM queues_review r WHERE r.item_id = i.id
                  AND r.reviewer_id IS NOT DISTINCT FROM by_reviewer AND r.state <> 'expired' OFFSET 0)
            ORDER BY i.sort_key DESC, i.id LIMIT page);
    ELSIF lane = 'deadline' THEN
        rows := ARRAY(SELECT i.id FROM queues_item i
            WHERE i.queue_id = of_queue AND i.state = 'open' AND i.open_slots > 0 AND i.reserved_for_id IS NULL
              AND i.due_at IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM queues_review r WHERE r.item_id = i.id
                  AND r.reviewer_id IS NOT DISTINCT FROM by_reviewer AND r.state <> 'expired' OFFSET 0)
            ORDER BY i.due_at, i.id LIMIT page);
    ELSIF lane = 'audit' THEN
        rows := ARRAY(SELECT i.id FROM queues_item i
            WHERE i.queue_id = of_queue AND i.state = 'open' AND i.open_slots > 0 AND i.reserved_for_id IS NULL
              AND i.is_audit
              AND NOT EXISTS (SELECT 1 FROM queues_review r WHERE r.item_id = i.id
                  AND r.reviewer_id IS NOT DISTINCT FROM by_reviewer AND r.state <> 'expired' OFFSET 0)
            ORDER BY i.audit_rank, i.id LIMIT page);
    ELSE
        RAISE EXCEPTION 'unknown lane %', lane;
    END IF;
    IF rows = '{}' THEN
        RETURN NULL;
    END IF;
    RETURN queues_lock_first(rows, of_queue, by_reviewer);
END $$;

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
) LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    cursor_life CONSTANT interval := '10 minutes';  -- a fresh walk now and then finds what was committed late
    before queues_reviewercursor;
    place queues_reviewercursor;
    q record;
    honeypot queues_item;
    used_turn boolean := false;
    step record;
    found_in text;
    at_it record;
BEGIN
    adopts := false;
    SELECT k.project_id, k.state, k.seed, k.honeypot_share, k.lease_seconds,
           EXISTS (SELECT 1 FROM queues_reviewerpause p
                   WHERE p.queue_id = of_queue AND p.reviewer_id = by_reviewer AND p.ended_at IS NULL)
           OR EXISTS (SELECT 1 FROM queues_reviewerexclusion x
                      WHERE x.queue_id = of_queue AND x.reviewer_id = by_reviewer AND x.ended_at IS NULL) AS is_paused,
           k.qualification_items > 0 AND NOT EXISTS (
               SELECT 1 FROM queues_revieweradmission a
               WHERE a.queue_id = of_queue AND a.reviewer_id = by_reviewer AND a.ended_at IS NULL) AS is_newcomer
    INTO q FROM queues_queue k WHERE k.id = of_queue;
    IF q.is_paused THEN
        outcome := 'paused';
        RETURN;
    END IF;
    IF q.is_newcomer THEN
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

    SELECT r.* INTO review FROM queues_review r
    WHERE r.reviewer_id = by_reviewer AND r.state = 'leased' AND of_queue = (
        SELECT i.queue_id FROM queues_item i WHERE i.id = r.item_id)
    ORDER BY r.leased_at DESC LIMIT 1;
    IF FOUND AND review.expires_at > at THEN
        SELECT * INTO item FROM queues_item i WHERE i.id = review.item_id;
        outcome := 'held';
        RETURN;
    END IF;
    review := NULL;

    IF NOT is_last AND EXISTS (
        SELECT 1 FROM queues_review r
        WHERE r.state = 'leased' AND r.expires_at <= at AND of_queue = (
            SELECT i.queue_id FROM queues_item i WHERE i.id = r.item_id)
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
            SELECT 1 FROM queues_review r
            WHERE r.item_id = honeypot.id AND r.reviewer_id IS NOT DISTINCT FROM by_reviewer);
    END IF;

    SELECT count(*) FILTER (WHERE r.state IN ('leased', 'submitted') AND NOT EXISTS (
               SELECT 1 FROM queues_reviewerexclusion x
               WHERE x.queue_id = of_queue AND x.reviewer_id = r.reviewer_id AND x.ended_at IS NULL))::int AS busy,
           coalesce(bool_or(r.state = 'leased'), false) AS is_held,
           coalesce(bool_or(r.reviewer_id = by_reviewer), false) AS was_his,
           (SELECT s.id FROM projects_labelschema s WHERE s.project_id = q.project_id
            ORDER BY s.version DESC LIMIT 1) AS schema_id
    INTO at_it FROM queues_review r WHERE r.item_id = item.id;
    -- An open lease finishes under the version it began with. A honeypot has no other version.
    adopts := item.id IS NOT NULL AND NOT at_it.is_held AND found_in <> 'honeypot' AND item.schema_id <> at_it.schema_id;
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

    IF at_it.was_his THEN
        UPDATE queues_review r
        SET state = 'leased', submitted_at = NULL, skip_reason = '', token = nextval('queues_token_seq'),
            lane = found_in, leased_at = at, expires_at = at + make_interval(secs => q.lease_seconds)
        WHERE r.item_id = item.id AND r.reviewer_id IS NOT DISTINCT FROM by_reviewer
        RETURNING r.* INTO review;
        outcome := 'again';
    ELSE
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
                           item.adjudication_reason, item.retired_reason, at_it.busy + 1) w;
END $$;

-- An earlier migration, taken back since, gave it settings of its own; where that one ran they go now.
ALTER FUNCTION queues_item_write(uuid, text, int, int, timestamptz, text, text, int) RESET ALL;
