package dev.sluice.app;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        description = "Says why a request went where it went: candidates, filters, scores, runner-up.")
final class ExplainCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "The response's x-sluice-id, or the client's own x-request-id.")
    private String id = "";

    @Option(names = "--json", description = "Prints JSON.")
    private boolean json;

    @Mixin
    private AdminClient admin = new AdminClient();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException, InterruptedException {
        String escaped = URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
        return Answers.print(admin.get("/explain/" + escaped), json, Why::explained, spec);
    }
}
