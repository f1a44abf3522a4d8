DROP TABLE version_inputs, data_versions, data_series;
