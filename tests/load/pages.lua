-- Opens one page with a session, for wrk: COOKIE holds the session's secret.
wrk.headers["Cookie"] = "wh_session=" .. os.getenv("COOKIE")

done = function(summary, latency)
    print(string.format("%.0f/s, p50 %.1f ms, p99 %.1f ms, %d refused", summary.requests / summary.duration * 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.errors.status))
end
