package dev.sluice.app;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "route",
        mixinStandardHelpOptions = true,
        description = "Says what a running gateway would do with a request now. Sends and charges nothing.")
final class RouteCommand implements Callable<Integer> {
    @Option(names = "--body", required = true, paramLabel = "FILE", description = "The request's body.")
    private Path body = Path.of("request.json");

    @Option(
            names = "--path",
            paramLabel = "PATH",
            description = "The route it would be posted to. Default: ${DEFAULT-VALUE}.",
            defaultValue = "/v1/chat/completions")
    private String path = "/v1/chat/completions";

    @Option(
            names = "--tenant",
            paramLabel = "T",
            description = "The tenant who would send it. Default: ${DEFAULT-VALUE}.",
            defaultValue = "anonymous")
    private String tenant = "anonymous";

    @Option(names = "--json", description = "Prints JSON.")
    private boolean json;

    @Mixin
    private AdminClient admin = new AdminClient();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!Files.isReadable(body)) {
            throw new IOException("there is no file " + body);
        }
        AdminClient.Reply reply = admin.post(
                "/route?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8) + "&tenant="
                        + URLEncoder.encode(tenant, StandardCharsets.UTF_8),
                Files.readAllBytes(body));
        return Answers.print(reply, json, Why::rehearsed, spec);
    }
}
