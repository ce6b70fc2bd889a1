package dev.sluice.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import dev.sluice.spi.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "simulator",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = "Stand-ins for vLLM servers on consecutive ports, until it is stopped.")
final class SimulatorCommand implements Callable<Integer> {
    @Option(names = "--port", required = true, paramLabel = "N", description = "Port of the first; 0 takes free ones.")
    private int port;

    @Option(names = "--count", paramLabel = "K", description = "How many.")
    private int count = 1;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Where they listen.")
    private String host = "127.0.0.1";

    @Option(names = "--role", paramLabel = "ROLE", description = "both, prefill or decode.")
    private String role = "both";

    @Option(names = "--model", paramLabel = "NAME", description = "Served name; the profile's when absent.")
    private Optional<String> model = Optional.empty();

    @Option(names = "--alias", paramLabel = "NAME", description = "A further served name; may be repeated.")
    private List<String> aliases = new ArrayList<>();

    @Option(names = "--adapter", paramLabel = "NAME", description = "A LoRA adapter; may be repeated.")
    private List<String> adapters = new ArrayList<>();

    @Option(names = "--profile", paramLabel = "NAME|FILE", description = "What the engine can do.")
    private Optional<String> profile = Optional.empty();

    @Option(
            names = "--time-scale",
            paramLabel = "X",
            description = "All durations times this; 0.1 is ten times as fast.")
    private double timeScale = 1;

    @Option(names = "--seed", paramLabel = "N", description = "Of noise, answers and faults; each further one adds 1.")
    private long seed = 1;

    @Option(names = "--kv-blocks", paramLabel = "N", description = "Blocks of cache; 0: the profile's.")
    private int kvBlocks;

    @Option(names = "--block-size", paramLabel = "N", description = "Tokens in a block; 0: the profile's.")
    private int blockSize;

    @Option(names = "--max-num-seqs", paramLabel = "N", description = "Sequences in a batch; 0: the profile's.")
    private int maxNumSeqs;

    @Option(names = "--max-num-batched-tokens", paramLabel = "N", description = "Tokens in a step; 0: the profile's.")
    private int maxNumBatchedTokens;

    @Option(names = "--max-model-len", paramLabel = "N", description = "Context length; 0: the profile's.")
    private int maxModelLen;

    @Option(names = "--max-num-queued-reqs", paramLabel = "N", description = "Beyond it 503; 0: no limit.")
    private int maxNumQueuedReqs;

    @Option(names = "--priority-scheduling", description = "Requests' priority orders the queue.")
    private boolean priorityScheduling;

    @Option(names = "--no-prefix-caching", description = "Switches the prefix cache off.")
    private boolean noPrefixCaching;

    @Option(names = "--output-tokens", paramLabel = "N", description = "Mean length of an answer that ends by itself.")
    private int outputTokens = 128;

    @Option(names = "--task", paramLabel = "TASK", description = "generate, embed, score or all: which routes exist.")
    private String task = "generate";

    @Option(names = "--max-loras", paramLabel = "N", description = "Different adapters in a step.")
    private int maxLoras = 1;

    @Option(names = "--runtime-lora", description = "Adapters can be loaded and unloaded over HTTP.")
    private boolean runtimeLora;

    @Option(names = "--dev-mode", description = "Has vLLM's development routes: sleep, pause, reset of the cache.")
    private boolean devMode;

    @Mixin
    private TransferFlags transfer = new TransferFlags();

    @Mixin
    private EventFlags events = new EventFlags();

    @Option(names = "--json", description = "Prints one JSON line with the URLs when all of them listen.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws InterruptedException, JsonProcessingException {
        if (count < 1 || count > 1000 || (port > 0 && port + count - 1 > 65_535)) {
            throw new ParameterException(spec.commandLine(), "--port and --count must leave ports up to 65535");
        }
        List<SimulatorServer> servers = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                servers.add(SimulatorServer.start(options(i)));
            }
        } catch (IllegalArgumentException e) {
            servers.forEach(SimulatorServer::close);
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        } catch (RuntimeException e) {
            servers.forEach(SimulatorServer::close);
            throw e;
        }
        announce(servers);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            servers.forEach(SimulatorServer::terminate);
            ended.countDown();
        }));
        ended.await();
        return Main.FINE;
    }

    private SimulatorOptions options(int index) {
        Role parsed = Role.of(role)
                .orElseThrow(() -> new IllegalArgumentException("role is both, prefill or decode, not " + role));
        SimulatorOptions.Builder builder = SimulatorOptions.builder()
                .host(host)
                .port(port == 0 ? 0 : port + index)
                .role(parsed)
                .aliases(aliases)
                .adapters(adapters)
                .timeScale(timeScale)
                .seed(seed + index)
                .kvBlocks(kvBlocks)
                .blockSize(blockSize)
                .maxNumSeqs(maxNumSeqs)
                .maxNumBatchedTokens(maxNumBatchedTokens)
                .maxModelLen(maxModelLen)
                .maxNumQueuedReqs(maxNumQueuedReqs)
                .priorityScheduling(priorityScheduling)
                .prefixCaching(!noPrefixCaching)
                .outputTokens(outputTokens)
                .task(task)
                .maxLoras(maxLoras)
                .runtimeLora(runtimeLora)
                .devMode(devMode)
                .transfer(transfer.options(index))
                .events(events.options(index));
        model.ifPresent(builder::model);
        profile.ifPresent(builder::profile);
        return builder.build();
    }

    private void announce(List<SimulatorServer> servers) throws JsonProcessingException {
        List<String> urls = servers.stream()
                .map(server -> "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + server.port())
                .toList();
        String name = servers.getFirst().options().servedModel();
        List<Integer> ports =
                servers.stream().map(server -> server.exchanges().port()).toList();
        boolean peers = ports.getFirst() > 0;
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("model", name);
        said.put("urls", urls);
        if (peers) {
            said.put("sideChannelPorts", ports);
        }
        if (servers.getFirst().events().isPresent()) {
            said.put(
                    "kvEvents",
                    servers.stream()
                            .map(server -> List.of(
                                    server.options().events().endpoint(),
                                    server.options().events().replayEndpoint()))
                            .toList());
        }
        spec.commandLine()
                .getOut()
                .println(
                        json
                                ? new ObjectMapper().writeValueAsString(said)
                                : "serving " + name + " at " + String.join(", ", urls)
                                        + (peers ? ", side channels at " + ports : "")
                                        + (said.containsKey("kvEvents")
                                                ? ", KV events and replay at " + said.get("kvEvents")
                                                : ""));
        spec.commandLine().getOut().flush();
    }
}
