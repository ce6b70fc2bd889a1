package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** What all routes of one running stand-in share: its options, its engine, its names and ids. */
final class Service {
    static final String VERSION = "0.32.0";
    final SimulatorOptions options;
    final EngineProfile profile;
    final EngineDriver driver;
    final Planner planner;
    final Faults faults;
    final HttpStats http = new HttpStats();
    final Instant started = Instant.now();
    final AtomicInteger load = new AtomicInteger();
    private final SplittableRandom ids;
    private final String fingerprint;
    private volatile boolean adapterUsed;

    Service(SimulatorOptions options, Faults faults) {
        this.options = options;
        this.faults = faults;
        profile = options.engineProfile();
        driver = new EngineDriver(profile, options.seed());
        planner = new Planner(options.seed(), options.outputTokens());
        ids = new SplittableRandom(System.nanoTime() ^ System.identityHashCode(this));
        fingerprint = "vllm-" + VERSION + "-"
                + String.format("%08x", (int) Hashes.text(profile.name() + options.servedModel()));
    }

    /** Whether a request has named an adapter yet; only then is there a metric about them. */
    boolean adapterUsed() {
        return adapterUsed;
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
        if (!models().contains(name) && !options.adapters().contains(name)) {
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

    /** Submits the plans to the engine. */
    Answer start(List<Plan> plans, Sampling sampling, String model, int limit) {
        var answer = new Answer(plans);
        var lora = options.adapters().contains(model) ? model : "";
        adapterUsed |= !lora.isEmpty();
        var requests = new ArrayList<EngineRequest>();
        for (var plan : plans) {
            var all = Arrays.copyOf(plan.prompt(), plan.prompt().length + plan.output().length);
            System.arraycopy(plan.output(), 0, all, plan.prompt().length, plan.output().length);
            var count = plan.output().length;
            requests.add(new EngineRequest(
                    0,
                    plan.prompt().length,
                    Hashes.ofTokens(all, profile.blockSize(), sampling.salt(), lora),
                    count,
                    plan.reason() == FinishReason.LENGTH ? count : Math.max(count + 1, limit),
                    0,
                    sampling.priority()));
        }
        driver.submit(answer, requests);
        return answer;
    }
}
