-- Who is at an item, and the dispute of an item, each as one statement. docs/decisions/0014-claim-in-the-database.md
-- Changing a function: a new migration with the whole new text, never an edit here.

-- How many people are at an item, and whether anybody else could still get it: one row. `but` is not counted: his review
-- is being changed in the same transaction. Whoever was left out of the queue neither counts nor keeps a slot, and gets
-- nothing more. Who works in a queue is the rule of `queues.selectors.WORKS_IN_QUEUE`. Postgres puts the text of this
-- function into the query that asks it.
CREATE FUNCTION queues_answers(of_item uuid, of_queue uuid, but uuid)
RETURNS TABLE (live bigint, submitted bigint, had bigint, is_anybody_left boolean) LANGUAGE sql STABLE AS $$
    SELECT count(*) FILTER (WHERE r.state = 'leased' AND r.is_other AND NOT r.is_left_out),
           count(*) FILTER (WHERE r.state = 'submitted' AND r.is_other AND NOT r.is_left_out),
           count(*) FILTER (WHERE r.state <> 'expired' AND r.is_other),
           EXISTS (
               SELECT 1 FROM queues_queue q
               JOIN projects_membership m ON m.project_id = q.project_id AND m.user_id IS DISTINCT FROM but
               JOIN accounts_user u ON u.id = m.user_id AND u.is_active
               WHERE q.id = of_queue
                 AND (m.role = 'reviewer' AND q.is_open_to_all OR m.role IN ('reviewer', 'adjudicator', 'manager')
                      AND EXISTS (SELECT 1 FROM queues_queuemember n WHERE n.queue_id = q.id AND n.user_id = m.user_id))
                 AND NOT EXISTS (SELECT 1 FROM queues_reviewerexclusion x
                                 WHERE x.queue_id = of_queue AND x.reviewer_id = m.user_id AND x.ended_at IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM queues_review h
                                 WHERE h.item_id = of_item AND h.reviewer_id = m.user_id AND h.state <> 'expired'))
    FROM (SELECT v.state, v.reviewer_id IS DISTINCT FROM but AS is_other,
                 EXISTS (SELECT 1 FROM queues_reviewerexclusion x
                         WHERE x.queue_id = of_queue AND x.reviewer_id = v.reviewer_id
                           AND x.ended_at IS NULL) AS is_left_out
          FROM queues_review v WHERE v.item_id = of_item) r
$$;

-- An item goes to an adjudicator: its life, as queues_item_write writes it, and how hard it is. One change of the row:
-- a second one would enter it into all its indexes again and look at what it refers to again.
CREATE OR REPLACE FUNCTION queues_item_dispute(
    of_item uuid, new_state text, new_wanted int, new_wanted_max int, new_settled_at timestamptz,
    new_adjudication_reason text, new_retired_reason text, busy int,
    new_kind text, new_labels jsonb, new_doubt float8, OUT slots int, OUT bumped bigint
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    slots := CASE WHEN new_state = 'open' THEN greatest(new_wanted - busy, 0) ELSE 0 END;
    UPDATE queues_item i
    SET state = new_state, wanted = new_wanted, wanted_max = new_wanted_max, settled_at = new_settled_at,
        adjudication_reason = new_adjudication_reason, retired_reason = new_retired_reason, open_slots = slots,
        bumped_seq = CASE WHEN slots > i.open_slots THEN nextval('queues_bump_seq') ELSE i.bumped_seq END,
        dispute_kind = new_kind, dispute_labels = new_labels, doubt = new_doubt
    WHERE i.id = of_item
    RETURNING i.bumped_seq INTO bumped;
END $$;
