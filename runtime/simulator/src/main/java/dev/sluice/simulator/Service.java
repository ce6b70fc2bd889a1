package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.events.BlockHasher;
import dev.sluice.simulator.events.KvContent;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** What all routes of one running stand-in share: its options, its engine, its names and ids. */
final class Service {
    static final String VERSION = "0.32.0";
    final SimulatorOptions options;
    final EngineProfile profile;
    final EngineDriver driver;
    final Planner planner;
    final Adapters adapters;
    private final BlockHasher hasher;
    final Faults faults;
    final HttpStats http = new HttpStats();
    final Instant started = Instant.now();
    final AtomicInteger load = new AtomicInteger();
    private final SplittableRandom ids;
    private final String fingerprint;

    /**
     * Starts the engine.
     *
     * @throws IOException when its connector cannot have its port
     */
    Service(SimulatorOptions options, Faults faults) throws IOException {
        this.options = options;
        this.faults = faults;
        profile = options.engineProfile();
        driver = new EngineDriver(profile, options);
        hasher = new BlockHasher(options.events().algorithm(), options.events().seed());
        adapters = new Adapters(options.adapters(), name -> options.servedModel() + "-" + name);
        planner = new Planner(options.seed(), options.outputTokens());
        ids = new SplittableRandom(System.nanoTime() ^ System.identityHashCode(this));
        fingerprint = "vllm-" + VERSION + "-"
                + String.format("%08x", (int) Hashes.text(profile.name() + options.servedModel()));
    }

    String fingerprint() {
        return fingerprint;
    }

    long created() {
        return Instant.now().getEpochSecond();
    }

    /** Sixteen hexadecimal digits. */
    String newId() {
        synchronized (ids) {
            return String.format("%016x", ids.nextLong());
        }
    }

    /** The id of a request: its header, else the body's field, else a new one. */
    String requestId(HttpRequest request, ObjectNode body) {
        var header = request.header("x-request-id");
        return !header.isEmpty() ? header : body.path("request_id").asText(newId());
    }

    /** Every name that requests may use. */
    List<String> models() {
        var names = new ArrayList<String>();
        names.add(options.servedModel());
        names.addAll(options.aliases());
        return names;
    }

    /** The name the client used, checked; the first served one when it used none. */
    String model(ObjectNode body) {
        var name = body.path("model").asText("");
        if (name.isEmpty() || body.path("model").isNull()) {
            return options.servedModel();
        }
        if (!models().contains(name) && adapters.find(name).isEmpty()) {
            throw ApiException.notFound(
                    "The model `" + name + "` does not exist. Valid aliases: " + String.join(", ", models()) + ".",
                    "NotFoundError",
                    "model");
        }
        return name;
    }

    /** Refuses prompts that leave no room for a token; {@code rendered} prompts were cut at the limit while tokenising. */
    void checkLength(int[] prompt, boolean rendered) {
        var most = profile.maxModelLen();
        if (prompt.length >= most) {
            var counted = rendered ? Math.min(prompt.length, most + 1) : prompt.length;
            throw ApiException.value(
                    "This model's maximum context length is " + most + " tokens. However, your prompt contains "
                            + (rendered ? "at least " : "") + counted
                            + " input tokens, which exceeds this limit even without any output tokens. Please reduce the"
                            + " length of the input prompt.",
                    "input_tokens",
                    counted);
        }
    }

    /**
     * Submits the plans to the engine.
     *
     * @param id of the answer, which the engine's own names of the sequences are made from
     */
    Answer start(ObjectNode body, List<Plan> plans, Sampling sampling, String model, int limit, String id) {
        var answer = new Answer(plans);
        var adapter = adapters.find(model);
        adapter.ifPresent(its -> adapters.used(its.name(), System.currentTimeMillis() / 1e3));
        var lora = adapter.map(Adapters.Adapter::name).orElse("");
        var orders = new ArrayList<EngineDriver.Order>();
        for (var i = 0; i < plans.size(); i++) {
            var plan = plans.get(i);
            var all = Arrays.copyOf(plan.prompt(), plan.prompt().length + plan.output().length);
            System.arraycopy(plan.output(), 0, all, plan.prompt().length, plan.output().length);
            var count = plan.output().length;
            var hashes = Hashes.ofTokens(all, profile.blockSize(), sampling.salt(), lora);
            var request = new EngineRequest(
                            0,
                            plan.prompt().length,
                            hashes,
                            count,
                            plan.reason() == FinishReason.LENGTH ? count : Math.max(count + 1, limit),
                            0,
                            sampling.priority())
                    .withLora(adapter.map(Adapters.Adapter::id).orElse(0));
            var wish = driver.exchanges().wish(body, internalId(id, i, sampling.n()), plan.prompt(), hashes);
            orders.add(new EngineDriver.Order(request, wish, content(all, adapter, sampling.salt())));
        }
        driver.submit(answer, orders);
        driver.with(engine -> {
            engine.stats().requestParamsN.record(sampling.n());
            return engine;
        });
        return answer;
    }

    /** What events say of a sequence's blocks; only worked out when there are events. */
    private Optional<KvContent> content(int[] tokens, Optional<Adapters.Adapter> adapter, String salt) {
        if (!options.events().enabled()) {
            return Optional.empty();
        }
        var key = adapter.map(its -> List.of(its.name(), its.path())).orElse(List.of());
        return Optional.of(new KvContent(
                tokens,
                hasher.chain(tokens, profile.blockSize(), key, salt),
                adapter.map(Adapters.Adapter::name).orElse(""),
                adapter.map(Adapters.Adapter::id).orElse(0),
                salt));
    }

    /** The engine's own name of a sequence: the answer's id, prompt and choice where there are several, and a random suffix. */
    private String internalId(String id, int sequence, int n) {
        var choice = n > 1 ? sequence % n + "_" : "";
        var prompt = id.startsWith("cmpl-") ? "-" + sequence / n : id.startsWith("resp_") ? "_0" : "";
        return choice + id + prompt + "-" + newId().substring(8);
    }
}
