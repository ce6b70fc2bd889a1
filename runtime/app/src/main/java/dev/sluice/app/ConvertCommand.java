package dev.sluice.app;

import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.Converter;
import dev.sluice.gateway.config.ErrorFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        description =
                "Prints the Gateway configuration that routes as an llm-d EndpointPickerConfig does, with comments where"
                        + " Sluice's default does better. Exit 2 when something in it is not supported.")
final class ConvertCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "An EndpointPickerConfig.")
    private Path file = Path.of("epp.yaml");

    @Option(names = "--endpoints", paramLabel = "FILE", description = "The file that lists the engines.")
    private Optional<Path> endpoints = Optional.empty();

    @Option(names = "--plugins", paramLabel = "DIR", description = "A directory of third-party plugins.")
    private Optional<Path> plugins = Optional.empty();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        Catalog builtIns = Catalog.onClassPath();
        Catalog catalog = plugins.isPresent() ? builtIns.with(plugins.get()) : builtIns;
        Converter.Converted converted = Converter.convert(file, endpoints, catalog);
        spec.commandLine().getErr().print(ErrorFormat.TEXT.format(converted.errors(), converted.warnings()));
        spec.commandLine().getErr().flush();
        if (converted.yaml().isEmpty()) {
            return Main.WRONG_USE;
        }
        spec.commandLine().getOut().print(converted.yaml().get());
        spec.commandLine().getOut().flush();
        return Main.FINE;
    }
}
