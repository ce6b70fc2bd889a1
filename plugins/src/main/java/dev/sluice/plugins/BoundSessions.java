package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaders;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * llm-d's {@code session_id}: a session is bound to the endpoint that its first request was sent to, for as long as it is
 * used now and then. It moves only when that endpoint might not serve, and then to wherever the request was sent.
 *
 * <p>Bindings are kept in the order in which they were used, so the oldest is at the front: what is too old ends there, a few
 * with every request, and so does what is too much. The same requests and choices leave the same bindings.
 */
final class BoundSessions implements Affinity {
    private static final int MOST = 100_000;
    private static final int LONGEST_ID = 256;

    private final List<SessionAffinityConfig.Source> sources;
    private final String profile;
    private final long ttl;
    private final int most;
    private final LinkedHashMap<String, Binding> bindings = new LinkedHashMap<>();

    private record Binding(String endpoint, long usedAt) {}

    BoundSessions(SessionAffinityConfig config) {
        this(config, MOST);
    }

    BoundSessions(SessionAffinityConfig config, int most) {
        this.sources = config.sources();
        this.profile = config.profileName();
        this.ttl = (long) (config.ttlSeconds() * 1e9);
        this.most = most;
    }

    @Override
    public int tied(Request request, Candidates candidates) {
        Optional<String> session = session(request);
        String endpoint = session.map(id -> bound(id, candidates.takenAt())).orElse("");
        return endpoint.isEmpty() ? -1 : index(candidates, endpoint);
    }

    private synchronized String bound(String session, long now) {
        Binding binding = bindings.get(session);
        return binding == null || now - binding.usedAt > ttl ? "" : binding.endpoint;
    }

    private static int index(Candidates candidates, String endpoint) {
        for (int i = 0; i < candidates.size(); i++) {
            if (candidates.endpoint(i).id().equals(endpoint)) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void chosen(Request request, Candidates candidates, Choice choice) {
        Optional<String> session = session(request);
        Optional<Endpoint> picked = Affinity.picked(choice, profile);
        if (session.isPresent() && picked.isPresent()) {
            bind(session.get(), picked.get().id(), candidates, choice.at());
        }
    }

    private synchronized void bind(String session, String picked, Candidates candidates, long now) {
        Binding before = bindings.get(session);
        boolean stays = before != null
                && now - before.usedAt <= ttl
                && !before.endpoint.equals(picked)
                && index(candidates, before.endpoint) >= 0;
        if (!stays) {
            bindings.remove(session);
            bindings.put(session, new Binding(picked, now));
        }
        Iterator<Map.Entry<String, Binding>> oldest = bindings.entrySet().iterator();
        while (oldest.hasNext()) {
            boolean old = now - oldest.next().getValue().usedAt > ttl;
            if (!old && bindings.size() <= most) {
                return;
            }
            oldest.remove();
        }
    }

    private Optional<String> session(Request request) {
        for (SessionAffinityConfig.Source source : sources) {
            Optional<String> found = source.header().isEmpty()
                    ? request.session()
                    : request.header(source.header()).map(String::strip);
            if (found.isPresent() && !found.get().isEmpty() && found.get().length() <= LONGEST_ID) {
                return found;
            }
        }
        return Optional.empty();
    }

    @Override
    public void answer(Choice choice, ResponseHeaders out) {}

    @Override
    public boolean remembers() {
        return true;
    }

    synchronized int size() {
        return bindings.size();
    }
}
