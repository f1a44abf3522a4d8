-- Registers things as fast as it can, for wrk. TOKENS names a file of lines
-- “tenant token”; WHAT is “projects”, “models”, “versions” or “versions-of-8”. Each request is one audited
-- mutation with a name of its own.
local callers, what = {}, os.getenv("WHAT")
for line in io.lines(os.getenv("TOKENS")) do
    local tenant, token = line:match("(%S+) (%S+)")
    table.insert(callers, { tenant = tenant, token = token })
end

local run, n = os.time() % 100000, 0

request = function()
    n = n + 1
    local caller = callers[n % #callers + 1]
    local headers = { ["Authorization"] = "Bearer " .. caller.token, ["Content-Type"] = "application/json" }
    local projects = "/api/v1/tenants/" .. caller.tenant .. "/projects"
    local models = projects .. "/speed/models"
    local name = string.format("m-%d-%d", run, n)
    if what == "projects" then
        return wrk.format("POST", projects, headers, string.format('{"slug":"%s"}', name))
    end
    if what == "models" then
        return wrk.format("POST", models, headers, string.format('{"name":"%s"}', name))
    end
    if what == "versions-of-8" then
        -- Eight models that everybody registers at: each number is fought for.
        local body = string.format('{"create_model":true,"context":{"training":{"config":{"depth":7,"run":%d,"n":%d}}}}', run, n)
        return wrk.format("POST", models .. "/shared-" .. n % 8 .. "/versions", headers, body)
    end
    local body = '{"create_model":true,"context":{"training":{"config":{"depth":7}}}}'
    return wrk.format("POST", models .. "/" .. name .. "/versions", headers, body)
end

done = function(summary, latency)
    local seconds = summary.duration / 1e6
    print(string.format("%d in all, %.0f/s, p50 %.1f ms, p99 %.1f ms, %d refused, %d broken", summary.requests, summary.requests / seconds,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
