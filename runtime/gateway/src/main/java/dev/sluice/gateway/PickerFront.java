package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.scan.Api;
import dev.sluice.gateway.extproc.Conversation;
import dev.sluice.gateway.extproc.Head;
import dev.sluice.gateway.extproc.Immediately;
import dev.sluice.gateway.extproc.Picking;
import dev.sluice.gateway.stream.Dialect;
import dev.sluice.gateway.stream.Errors;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import dev.sluice.gateway.tenant.Tenants;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The gateway behind somebody else's proxy: each request becomes a {@link PickedExchange}. What is no inference request gets
 * the answer that it gets on the tenants' port.
 */
final class PickerFront implements Picking {
    private static final System.Logger LOG = System.getLogger(PickerFront.class.getName());

    private final LiveState runtime;
    private final boolean usage;
    private final boolean subsets;
    private final Queue<Held> held = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean told = new AtomicBoolean();

    /**
     * @param usage answers are read for what they cost
     * @param subsets the proxy's hint of allowed endpoints counts
     */
    PickerFront(LiveState runtime, boolean usage, boolean subsets) {
        this.runtime = runtime;
        this.usage = usage;
        this.subsets = subsets;
    }

    /** A claim whose end nobody will tell. */
    private record Held(PickedExchange exchange, Charge claim, long until) {}

    @Override
    public Conversation begin(Head head, Optional<Set<String>> subset, Answers answers) throws Immediately {
        Optional<Api> api = api(head.path());
        if (api.isEmpty() || !head.header(":method").orElse("").equals("POST")) {
            throw cold(head, api);
        }
        return new PickedExchange(runtime, this, head, api.get(), subsets ? subset : Optional.empty(), answers, usage);
    }

    /** The API whose path this one ends with: the proxy may have a prefix in front that it cuts off later. */
    static Optional<Api> api(String path) {
        for (Api api : Api.values()) {
            if (path.endsWith(api.path())) {
                return Optional.of(api);
            }
        }
        return Optional.empty();
    }

    private Immediately cold(Head head, Optional<Api> api) {
        String id = runtime.ids.text(runtime.ids.next());
        String path = head.path();
        boolean models = path.endsWith("/v1/models");
        if (models && head.header(":method").orElse("").equals("GET")) {
            LiveState.Settings settings = runtime.settings;
            Tenant tenant;
            try {
                tenant = tenant(settings.tenants(), head);
            } catch (Refused stranger) {
                return LlmdStatus.answer(stranger, Dialect.OPENAI_CHAT, id, "", Tenant.EVERYBODY);
            }
            String list = ModelsPage.list(TenantRoutes.models(settings, tenant));
            return new Immediately(
                    200,
                    List.of("content-type", "application/json", "x-sluice-id", id),
                    list.getBytes(StandardCharsets.UTF_8),
                    "models");
        }
        Dialect dialect = api.map(Dialects::of).orElse(Dialect.OPENAI_CHAT);
        if (models || api.isPresent()) {
            String allow = models ? "GET" : "POST";
            return error(
                    GatewayError.METHOD_NOT_ALLOWED,
                    "This path takes " + allow + " only.",
                    dialect,
                    id,
                    "allow",
                    allow);
        }
        return error(GatewayError.NOT_FOUND, "There is nothing at this path.", dialect, id, "x-sluice-path", "unknown");
    }

    private static Tenant tenant(Tenants tenants, Head head) throws Refused {
        return tenants.open()
                ? Tenant.EVERYBODY
                : Callers.of(tenants, key(head)).tenant();
    }

    /** The key that a request brings; empty for none. */
    static String key(Head head) {
        return Credentials.of(head.headers("authorization"), head.headers("x-api-key"));
    }

    /** A tenant's request has come without its body. */
    void unseen() {
        if (told.compareAndSet(false, true)) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "the proxy sends no request bodies (or only streams them past): with tenants, request_body_mode"
                            + " must be FULL_DUPLEX_STREAMED or BUFFERED; until then all requests are refused");
        }
    }

    private static Immediately error(
            GatewayError error, String message, Dialect dialect, String id, String name, String value) {
        return new Immediately(
                error.status(),
                List.of(
                        "content-type",
                        "application/json",
                        "x-sluice-id",
                        id,
                        "x-sluice-error-source",
                        "gateway",
                        name,
                        value),
                Errors.body(dialect, error, message),
                error.code());
    }

    /** Keeps a claim for so long: the proxy has closed its stream before the answer's end. */
    void hold(PickedExchange exchange, Charge claim, long nanos) {
        held.add(new Held(exchange, claim, System.nanoTime() + nanos));
    }

    /** The end: what is still held is settled now. */
    void close() {
        while (true) {
            Held one = held.poll();
            if (one == null) {
                return;
            }
            one.exchange().release(one.claim());
        }
    }

    /** Some times a second: claims whose time is over are released. */
    void tick(long now) {
        List<Held> due = held.stream().filter(one -> now - one.until() >= 0).toList();
        for (Held one : due) {
            if (held.remove(one)) { // else the end has come meanwhile, and has settled it
                one.exchange().release(one.claim());
            }
        }
    }
}
