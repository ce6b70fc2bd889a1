package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Factory;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Part;
import dev.sluice.spi.Plugin;
import dev.sluice.spi.Range;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What holds for every type, whatever it makes: it can be found, configured, created and closed.
 *
 * @param <C> the type's configuration
 */
public abstract class FactoryContract<C extends Record> {
    private static final Set<Class<?>> SCALARS = Set.of(
            String.class,
            boolean.class,
            int.class,
            long.class,
            double.class,
            float.class,
            Duration.class,
            Path.class,
            OptionalInt.class,
            OptionalLong.class,
            OptionalDouble.class);
    private static final Duration THREADS_END = Duration.ofSeconds(2);

    /** The factory under test. */
    protected abstract Factory<C> factory();

    /** A configuration that it accepts. */
    protected abstract C validConfig();

    /** Configurations that must be refused, by their record or by the factory, with a {@link ConfigException}. */
    protected List<Supplier<C>> invalidConfigs() {
        return List.of();
    }

    /** The context that instances are created in. */
    protected TestContext context() {
        return new TestContext(factory().type());
    }

    /** Where the plugin's classes stand: a directory or a jar. */
    protected Path artifact() {
        Plugin plugin = plugin().orElseThrow(
                        () -> new AssertionError("no plugin brings " + factory().type()));
        try {
            return Path.of(plugin.getClass()
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private Optional<Plugin> plugin() {
        return ServiceLoader.load(Plugin.class, getClass().getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .filter(plugin -> plugin.factories().stream()
                        .anyMatch(factory -> factory.type().equals(factory().type())))
                .findFirst();
    }

    /** A new instance. */
    protected final Part create() {
        return factory().create(validConfig(), context());
    }

    @Test
    final void theTypeIsANameForConfigurations() {
        String type = factory().type();
        assertTrue(type.matches("[a-z0-9-]{1,63}"), () -> "type \"" + type + "\" is not of the form [a-z0-9-]+");
    }

    @Test
    final void theServiceFileNamesAPluginThatBringsTheType() {
        assertTrue(
                plugin().isPresent(),
                () -> "META-INF/services/" + Plugin.class.getName() + " names no plugin that brings "
                        + factory().type());
        plugin().ifPresent(plugin -> assertTrue(
                plugin.id().matches("[a-z0-9-]{1,63}"),
                () -> "id \"" + plugin.id() + "\" is not of the form [a-z0-9-]+"));
    }

    @Test
    final void noSpiClassesAreShipped() throws IOException {
        Path artifact = artifact();
        if (Files.isDirectory(artifact)) {
            noSpiClassesIn(artifact);
        } else {
            try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + artifact.toUri()), Map.of())) {
                noSpiClassesIn(jar.getPath("/"));
            }
        }
    }

    private static void noSpiClassesIn(Path root) throws IOException {
        Path spi = root.resolve(Plugin.class.getPackageName().replace('.', '/'));
        if (Files.isDirectory(spi)) {
            try (Stream<Path> files = Files.list(spi)) {
                files.filter(file -> file.toString().endsWith(".class"))
                        .findFirst()
                        .ifPresent(file -> fail(file + " is an SPI class: depend on sluice-spi with scope provided"));
            }
        }
    }

    @Test
    final void theGatewayCanBindTheConfiguration() {
        for (RecordComponent component : factory().config().getRecordComponents()) {
            Class<?> type = component.getType();
            boolean known = SCALARS.contains(type)
                    || type.isEnum()
                    || type.isRecord()
                    || List.of(Optional.class, List.class, Set.class, Map.class).contains(type);
            assertTrue(known, () -> component.getName() + ": the gateway can't bind a " + type.getName());
        }
    }

    @Test
    final void defaultsAreWithinTheirBounds() {
        for (RecordComponent component : factory().config().getRecordComponents()) {
            Default written = component.getAnnotation(Default.class);
            if (written == null) {
                continue;
            }
            OneOf oneOf = component.getAnnotation(OneOf.class);
            assertTrue(
                    oneOf == null || Arrays.asList(oneOf.value()).contains(written.value()),
                    () -> component.getName() + ": the default \"" + written.value()
                            + "\" is none of the allowed values");
            Range range = component.getAnnotation(Range.class);
            boolean number =
                    List.of(int.class, long.class, double.class, float.class).contains(component.getType());
            if (range != null && number) {
                double value = Double.parseDouble(written.value());
                assertTrue(
                        value >= range.min() && value <= range.max(),
                        () -> component.getName() + ": the default " + value + " is outside its range");
            }
        }
    }

    @Test
    final void aConfigurationIsMadeAgainFromItsValues() throws ReflectiveOperationException {
        C config = validConfig();
        RecordComponent[] components = config.getClass().getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            components[i].getAccessor().setAccessible(true);
            values[i] = components[i].getAccessor().invoke(config);
            Object value = values[i];
            String name = components[i].getName();
            assertTrue(value != null, () -> name + " is null: use an Optional");
            if (value instanceof Collection<?> items) {
                assertTrue(isUnmodifiable(items), () -> name + " can be changed after it was bound: copy it");
            }
        }
        Constructor<?> constructor = config.getClass()
                .getDeclaredConstructor(
                        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
        constructor.setAccessible(true);
        try {
            assertEquals(config, constructor.newInstance(values), "made again from its own values it is another");
        } catch (InvocationTargetException refused) {
            fail("refuses its own values", refused.getCause());
        }
    }

    private static boolean isUnmodifiable(Collection<?> items) {
        try {
            items.clear();
            return items.isEmpty() && items.getClass().getName().startsWith("java.util.ImmutableCollections");
        } catch (UnsupportedOperationException asItShouldBe) {
            return true;
        }
    }

    @Test
    final void wrongConfigurationsAreRefusedInWords() {
        for (Supplier<C> wrong : invalidConfigs()) {
            try {
                factory().create(wrong.get(), context()).close();
            } catch (ConfigException meant) {
                assertTrue(
                        meant.getMessage() != null && !meant.getMessage().isBlank(),
                        "refused without saying what is wrong");
                continue;
            } catch (Exception other) {
                fail("refused with " + other + ", which operators can't read: throw a ConfigException", other);
            }
            fail("accepted a configuration that it should refuse");
        }
    }

    @Test
    final void closingTwiceIsHarmless() throws Exception {
        Part part = create();
        part.close();
        part.close();
    }

    @Test
    final void nothingRunsOnAfterClose() throws Exception {
        Set<Long> before = threads();
        Part part = create();
        part.close();
        long end = System.nanoTime() + THREADS_END.toNanos();
        Set<String> left = new TreeSet<>();
        do {
            left.clear();
            Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.isAlive()
                            && !before.contains(thread.threadId())
                            && getClass().getClassLoader().equals(thread.getContextClassLoader())
                            && !thread.getName().startsWith("junit"))
                    .forEach(thread -> left.add(thread.getName()));
            if (left.isEmpty()) {
                return;
            }
            Thread.onSpinWait();
        } while (System.nanoTime() < end);
        fail("threads that run on after close: " + left);
    }

    private static Set<Long> threads() {
        Set<Long> ids = new TreeSet<>();
        Thread.getAllStackTraces().keySet().forEach(thread -> ids.add(thread.threadId()));
        return ids;
    }
}
