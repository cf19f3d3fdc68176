//! Facts and verdicts as plain data: catalogue, statistics, settings, project, rules, findings.
