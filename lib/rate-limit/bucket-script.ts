/**
 * The token bucket of `@upstash/ratelimit` 2.2 for a plain Redis, decision for decision the same, in less of Redis's time:
 * the bucket is one packed value instead of a hash, written together with its expiry. KEYS[1] is the bucket; ARGV are
 * what it holds, the step in milliseconds, tokens per step, and how many to take. Answers what is left (-1: refused), when
 * the next step is, and what the bucket holds.
 *
 * The time is the Redis server's, the one clock that all processes share. A bucket that was filled in what is now the
 * future, because that clock was set back, would get nothing until then: it is taken as filled now, and written so even
 * where it refuses.
 */
export const bucketScript = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local max = tonumber(ARGV[1])
local interval = tonumber(ARGV[2])
local rate = tonumber(ARGV[3])
local by = tonumber(ARGV[4])
local at = now
local tokens = max
local ahead = false
local bucket = redis.call('GET', KEYS[1])
if bucket then
  at, tokens = struct.unpack('dd', bucket)
  if at > now then
    at = now
    ahead = true
  end
end
if now >= at + interval then
  local steps = math.floor((now - at) / interval)
  tokens = math.min(max, tokens + steps * rate)
  at = at + steps * interval
end
local left = tokens - by
local refused = by > 0 and left < 0
if refused then
  if not ahead then return {-1, at + interval, max} end
  left = tokens
end
local full = math.ceil((max - left) / rate) * interval
if full > 0 then
  redis.call('SET', KEYS[1], struct.pack('dd', at, left), 'PX', full)
else
  redis.call('SET', KEYS[1], struct.pack('dd', at, left), 'KEEPTTL')
end
return {refused and -1 or left, at + interval, max}`;
