"""The statements of the bare endpoint: what the product sends for the same request, written by hand."""

from __future__ import annotations

from typing import Final


def _insert(table: str, columns: str) -> str:
    names = columns.split()
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f'${i + 1}' for i in range(len(names)))})"  # noqa: S608 - both are ours


def _update(table: str, columns: str, where: str) -> str:
    pairs = [f"{name} = ${i + 1}" for i, name in enumerate(columns.split())]
    return f"UPDATE {table} SET {', '.join(pairs)} WHERE {where}"  # noqa: S608 - all of it is ours


ONE: Final = """
SELECT a.id, a.handle, a.display_name, a.state, a.category, a.created_at, i.id, i.mask_key, i.bundle, h.id
FROM account a
LEFT JOIN holder h ON h.id = a.holder_id AND h.provider_id = $1
LEFT JOIN identity i ON i.holder_id = h.id AND i.provider_id = $1
WHERE a.id = $2 AND a.provider_id = $1
"""
LIST: Final = """
SELECT a.id, a.handle, a.display_name, a.state, a.created_at, h.id, h.display_name, h.subject_type
FROM account a
LEFT JOIN holder h ON h.id = a.holder_id AND h.provider_id = $1
WHERE a.provider_id = $1 AND a.state = $2
ORDER BY a.created_at DESC, a.id DESC LIMIT 20
"""
SUBMISSIONS: Final = """
SELECT page.account_id, page.id, page.round, page.kind, page.created_at, page.display_name
FROM unnest($1::text[]) AS k(id)
JOIN LATERAL (
  SELECT s.account_id, s.id, s.round, s.kind, s.created_at, s.display_name
  FROM submission s WHERE s.provider_id = $2 AND s.account_id = k.id
  ORDER BY s.created_at DESC, s.id DESC LIMIT 3
) AS page ON true
ORDER BY page.created_at DESC, page.id DESC
"""
PROVINCE: Final = """
SELECT a.id, a.handle, a.display_name, a.state, a.category, a.division, a.created_at, p.id, p.name,
  h.id, h.display_name, h.subject_type, h.division
FROM account a
LEFT JOIN provider p ON p.id = a.provider_id AND p.jurisdiction = $1
LEFT JOIN holder h ON h.id = a.holder_id AND h.jurisdiction = $1
WHERE a.jurisdiction = $1
ORDER BY a.created_at DESC, a.id DESC LIMIT 100
"""
# What an authority may read of the journal where cases changed hands: that is in the statement here, too.
LATEST_STEPS: Final = """
SELECT page.case_id, page.seq, page.trigger, page.to_state
FROM unnest($1::text[]) AS k(id)
JOIN LATERAL (
  SELECT s.case_id, s.seq, s.trigger, s.to_state, s.id
  FROM step s WHERE s.case_id = k.id AND (
    s.jurisdiction = $2 AND (
      s.actor_role IN ('PROVINCIAL_REGULATOR', 'NATIONAL_REGULATOR')
      OR NOT EXISTS (SELECT 1 FROM transfer t WHERE t.account_id = s.root_id AND t.from_authority = $2)
    )
    OR s.root_id = ANY (array(
      SELECT t.account_id FROM transfer t JOIN account a ON a.id = t.account_id
      WHERE t.to_authority = $2 AND a.jurisdiction = $2
    ))
  )
  ORDER BY s.seq DESC, s.id DESC LIMIT 2
) AS page ON true
ORDER BY page.seq DESC, page.id DESC
"""
DECISION: Final = """
SELECT a.id, a.handle, a.state, a.is_adopted, a.closing_at, p.mode, p.settings,
  f.state AS filing_state, f.was_refused, f.due_at, i.created_at, i.verified_until,
  m.kind, m.valid_until, m.renewal_asked_at, l.id IS NOT NULL AS is_listed, l.services,
  l.valid_from, l.valid_to, q.kind AS held_kind, q.state AS held_state, q.valid_from AS held_from,
  q.valid_to AS held_to, q.renewal_asked_at AS held_asked_at,
  CASE WHEN q.state = 'VERIFIED' THEN NULL ELSE (
    SELECT max(s.at) FROM step s WHERE s.case_id = q.id AND s.from_state = 'VERIFIED' AND s.to_state <> 'VERIFIED'
  ) END AS left_at,
  (
    SELECT min(v.valid_from) FROM agreement_version v
    WHERE v.provider_id = a.provider_id AND v.valid_from <= $1 AND v.number > coalesce((
      SELECT max(c.number) FROM agreement_version c
      WHERE c.provider_id = a.provider_id
        AND (SELECT count(*) FROM consent n WHERE n.holder_id = a.holder_id AND n.agreement_id = c.id) = 7
    ), 0)
  ) AS lost_at,
  x.id AS measure, x.level, x.scope, x.is_news, x.from_at, x.until AS measure_until, x.ended_at, x.stayed_from,
  x.stayed_until
FROM account a
JOIN provider p ON p.id = a.provider_id
JOIN identity i ON i.holder_id = a.holder_id
LEFT JOIN filing f ON f.current_of = a.id
LEFT JOIN permission m ON m.account_id = a.id
  AND (m.state = 'GRANTED' OR m.state = 'SUSPENDED' AND m.suspended_by_follow_up)
LEFT JOIN licence l ON l.number = m.licence_number
LEFT JOIN qualification q ON (q.provider_id = p.id OR q.provider_id = p.sandbox_of)
  AND p.mode <> 'SANDBOX' AND q.state NOT IN ('SUBMITTED', 'REFUSED')
LEFT JOIN measure x ON x.account_id = a.id AND $1 < x.until AND $1 < x.ended_at AND x.level <> 'WARNING'
WHERE a.provider_id = $2 AND a.handle_key = ANY ($3::text[])
  AND a.state IN ('APPLIED', 'SUPPLEMENT_REQUESTED', 'REVIEWED', 'FILED', 'BADGED')
"""

VIEWER: Final = """
SELECT id, state, role, provider_id, jurisdiction, staff_number, person FROM staff WHERE issuer = $1 AND subject = $2
"""
LOCK: Final = """
SELECT due_at, clock, id, created_at, state, seq, head, stepped_at, provider_id, jurisdiction, holder_id, handle,
  handle_key, display_name, name_key, description, category, subject_type, division, round, supplements, priority, rank,
  flags, is_flagged, claimed_by, claimed_until, receipt_number, agreement_id, items_asked, applied_at, ruleset
FROM account WHERE id = (SELECT account_id FROM filing WHERE id = $1 AND provider_id = $2) FOR NO KEY UPDATE
"""
FILING: Final = """
SELECT due_at, clock, id, created_at, state, seq, head, stepped_at, provider_id, jurisdiction, account_id, holder_id,
  handle, display_name, category, subject_type, division, reviewed_at, agreement_id, number, number_version, round,
  submitted_at, decided_at, defects
FROM filing WHERE id = $1 AND provider_id = $2
"""
DEADLINES: Final = """
SELECT id, created_at, provider_id, jurisdiction, case_kind, case_id, holder_id, kind, runs_from, due_at, paused_at,
  left_seconds, next_at, attempts, failures, settled_at, outcome, problem
FROM deadline WHERE case_id = ANY($1::text[]) AND settled_at IS NULL
"""
STEP: Final = _insert(
    "step",
    "id case_kind case_id root_id provider_id jurisdiction holder_id seq trigger from_state to_state actor_id "
    "actor_role actor_number cause cause_kind reason_codes legal_bases ruleset details texts skipped at prev_hash hash",
)
EVENT: Final = _insert("event", "id step_id type case_id seq state at provider_id jurisdiction holder_id")
DEADLINE: Final = _insert(
    "deadline",
    "id created_at provider_id jurisdiction root_id case_kind case_id holder_id kind runs_from due_at paused_at "
    "left_seconds next_at attempts failures settled_at outcome problem",
)
SUBMITTED: Final = _update(
    "filing",
    "due_at clock state seq head stepped_at round submitted_at defects",
    "id = $10 AND seq = $11 RETURNING id",
)
PULLED_BACK: Final = _update("filing", "due_at clock state seq head stepped_at", "id = $7 AND seq = $8 RETURNING id")
SETTLED: Final = _update("deadline", "next_at settled_at outcome", "id = $4")
PAYLOAD: Final = "SELECT id, state, seq FROM filing WHERE id = ANY($1::text[]) AND provider_id = $2"
