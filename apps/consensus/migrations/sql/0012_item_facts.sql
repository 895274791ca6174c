-- What an item's next state depends on, for whoever holds its lock. docs/decisions/0014-claim-in-the-database.md
-- Changing a function: a new migration with the whole new text, never an edit here.

-- One row. Volatile, so that it sees what was committed while the statement that calls it waited for the lock.
-- `given`: the current answers, oldest first, as `consensus.services.facts.Given` names their parts; not those of people
-- who were left out of the queue, but that of `but`, whose review is being changed, is among them.
CREATE FUNCTION consensus_item_facts(of_item uuid, of_queue uuid, of_project uuid, but uuid)
RETURNS TABLE (
    consensus consensus_consensus, live bigint, submitted bigint, had bigint, is_anybody_left boolean,
    given json, fit_id uuid, guideline_id uuid
) LANGUAGE plpgsql VOLATILE ROWS 1 AS $$
BEGIN
    RETURN QUERY
    SELECT c, n.live, n.submitted, n.had, n.is_anybody_left,
        (SELECT json_agg(json_build_array(a.id, a.reviewer_id, a.review_id, a.token, a.schema_id, a.label, a.result,
                                          a.source, a.weight) ORDER BY a.created_at, a.id)
         FROM labeling_annotation a
         WHERE a.item_id = of_item AND a.status = 'current'
           AND (a.reviewer_id = but OR NOT EXISTS (
               SELECT 1 FROM queues_reviewerexclusion x
               WHERE x.queue_id = of_queue AND x.reviewer_id = a.reviewer_id AND x.ended_at IS NULL))),
        (SELECT f.id FROM consensus_qualityfit f WHERE f.queue_id = of_queue ORDER BY f.created_at DESC LIMIT 1),
        (SELECT g.id FROM projects_guideline g WHERE g.project_id = of_project ORDER BY g.version DESC LIMIT 1)
    FROM queues_answers(of_item, of_queue, but) n LEFT JOIN consensus_consensus c ON c.item_id = of_item;
END $$;
