-- For wrk. Tells what was counted as one line of JSON, and asks for many files evenly when told how
-- many there are:
--
--   wrk ... -s load.lua URL [-- FILES STEP]
--
-- The files' paths are those of site.mjs. Each thread walks over all of them in the same steps from a
-- place of its own; the step shares no factor with their number, so none is asked for twice before
-- all were asked for once, and neighbours in a directory don't follow one another.

local threads = 0

function setup(thread)
  thread:set("place", threads)
  threads = threads + 1
end

function init(args)
  local files, step = tonumber(args[1]), tonumber(args[2])
  if not files then return end
  local requests = {}
  for i = 0, files - 1 do
    requests[i] = wrk.format("GET", string.format("/many/%02d/%02d.html", math.floor(i / 100), i % 100))
  end
  local at = math.floor(place * files / 2)
  request = function()
    at = (at + step) % files
    return requests[at]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nCOUNTED {"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p99":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d},"over_399":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
