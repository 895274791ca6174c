from apps.intake.algorithms.triples import Evidence, TrainingTriple, never_one_kind, triples_of


def evidence(kind, weight, preferred=None, *, is_candidate=True):
    return Evidence(kind, weight, f"hash of {kind} {preferred}", preferred, is_candidate)


def triples(*found, response="wrong"):
    made = triples_of(trace_id="t", prompt="ask", response=response, evidence=found)
    return [(one.preferred, one.rejected, one.source) for one in made]


def test_a_correction_prefers_the_correction_and_rejects_the_response():
    assert triples(evidence("explicit_correction", 0.9, "right")) == [("right", "wrong", "explicit_correction")]


def test_a_bare_rejection_needs_a_second_kind_of_signal():
    assert triples(evidence("thumbs_down", 0.5)) == []
    assert triples(evidence("thumbs_down", 0.5), evidence("thumbs_down", 0.5)) == []
    both = triples(evidence("thumbs_down", 0.5), evidence("csat", 0.7))
    assert both == [(None, "wrong", "csat")]


def test_a_negative_signal_supports_a_rejection_and_is_none_itself():
    abandon = evidence("session_abandon", 0.4, is_candidate=False)
    assert triples(abandon) == []
    assert triples(abandon, evidence("thumbs_down", 0.5)) == [(None, "wrong", "thumbs_down")]


def test_a_better_answer_makes_the_bare_rejection_superfluous():
    found = triples(evidence("thumbs_down", 0.5), evidence("explicit_correction", 0.9, "right"))
    assert found == [("right", "wrong", "explicit_correction")]


def test_each_different_better_answer_gives_one_triple():
    found = triples(
        evidence("agent_escalation", 0.8, "escalated"),
        evidence("explicit_correction", 0.9, "right"),
        evidence("explicit_correction", 0.9, "right"),
    )
    assert [one[0] for one in found] == ["right", "escalated"]


def test_without_a_response_nothing_is_rejected():
    assert triples(evidence("thumbs_down", 0.5), evidence("csat", 0.7), response=None) == []
    assert triples(evidence("agent_escalation", 0.8, "refund"), response=None) == [("refund", None, "agent_escalation")]


def test_a_human_answer_equal_to_the_response_is_no_better_one():
    assert triples(evidence("agent_escalation", 0.8, "wrong")) == []


def test_never_one_kind():
    one = TrainingTriple("t", "ask", "right", "wrong", 0.9, "explicit_correction", "h")
    other = TrainingTriple("u", "ask", None, "wrong", 0.7, "csat", "i")
    assert never_one_kind([one, one]) == []
    assert never_one_kind([one, other]) == [one, other]
