package dev.sluice.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.gateway.config.Catalog;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "plugins",
        mixinStandardHelpOptions = true,
        description = "Lists the plugin types that a configuration may name.")
final class PluginsCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Prints a JSON list.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private record Row(String type, String plugin, List<String> parameters) {}

    @Override
    public Integer call() throws JsonProcessingException {
        List<Row> rows = Catalog.onClassPath().entries().stream()
                .map(entry -> new Row(
                        entry.factory().type(),
                        entry.plugin(),
                        Arrays.stream(entry.factory().config().getRecordComponents())
                                .map(RecordComponent::getName)
                                .toList()))
                .toList();
        if (json) {
            spec.commandLine()
                    .getOut()
                    .println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(rows));
        } else {
            rows.forEach(row -> spec.commandLine()
                    .getOut()
                    .printf("%-34s %-10s %s%n", row.type, row.plugin, String.join(", ", row.parameters)));
        }
        spec.commandLine().getOut().flush();
        return Main.FINE;
    }
}
