DROP TRIGGER experiment ON projects;
DROP FUNCTION experiment_of_project;
DROP TABLE metric_chunks, metric_log, run_metrics, run_tags, run_params, run_keys, runs, experiment_tags, experiments;
