-- Signs in again and again, for wrk.
wrk.method = "POST"
wrk.body = "email=e%40bench.example&password=a+long+enough+password"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Sec-Fetch-Site"] = "same-origin"
wrk.headers["Accept"] = "text/html"

done = function(summary)
    print(string.format("%.0f answers/s, %d refused", summary.requests / summary.duration * 1e6, summary.errors.status))
end
