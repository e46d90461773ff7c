using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using Bld.Builder.Engine.Debugging;
using Bld.Builder.Engine.History;
using Bld.Registry;
using Bld.Runtime.Spec;

namespace Bld.Builder.Tests.Architecture;

/// <summary>Each record names its JSON members twice, to read and to write (docs/decisions/0044): neither half may forget one.</summary>
public sealed class JsonRecordTests
{
    // Said by the name of the file or directory.
    private static readonly string[] NotKept = [$"{nameof(BuildRecord)}.{nameof(BuildRecord.Id)}", $"{nameof(FailedStep)}.{nameof(FailedStep.Id)}"];

    public static TheoryData<Type> Records => [.. new[] { typeof(Descriptor), typeof(ContainerSpec), typeof(BuildRecord) }
        .SelectMany(static type => type.Assembly.GetTypes()).Where(static type => Interface(type, "IJsonRecord`1") is not null && type.IsClass)];

    [Theory]
    [MemberData(nameof(Records))]
    public void What_is_written_is_read_again(Type record)
    {
        var original = Sample(record);
        var written = Write(original);
        var read = Read(record, written);

        Assert.Equal(written, Write(read));
        foreach (var property in Kept(record))
        {
            var expected = JsonSerializer.Serialize(property.GetValue(original));
            Assert.True(expected == JsonSerializer.Serialize(property.GetValue(read)), $"{record.Name}.{property.Name} is lost on the way: {written}");
        }
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void A_member_of_a_wrong_kind_is_named(Type record)
    {
        var whole = JsonNode.Parse(Write(Sample(record)))!.AsObject();
        foreach (var (name, value) in whole.Where(static member => member.Key is not ("future" or "manifest")))
        {
            var broken = whole.DeepClone().AsObject();
            broken[name] = value!.GetValueKind() == JsonValueKind.Number ? "x" : 4.5;
            var failure = Assert.Throws<JsonException>(() => Read(record, broken.ToJsonString()));
            Assert.Contains($"\"{name}\"", failure.Message, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<PropertyInfo> Kept(Type record) =>
        record.GetProperties().Where(property => property.CanWrite && !NotKept.Contains($"{record.Name}.{property.Name}"));

    private static object Sample(Type record)
    {
        var made = Activator.CreateInstance(record)!;
        foreach (var property in Kept(record))
        {
            property.SetValue(made, property.GetValue(made) is true ? false : Value(property.PropertyType, property.Name));
        }

        return made;
    }

    private static object Value(Type type, string name)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        var item = type.IsGenericType ? type.GetGenericArguments()[^1] : null;
        return type switch
        {
            _ when type == typeof(string) => name + " \"<é>",
            _ when type == typeof(bool) => true,
            _ when type == typeof(double) => 2.5,
            _ when type == typeof(DateTimeOffset) => new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero),
            _ when type == typeof(Digest) => Digest.Of("x"u8),
            _ when type == typeof(DiffId) => new DiffId(Digest.Of("y"u8)),
            _ when type == typeof(JsonElement) => JsonSerializer.Deserialize<JsonElement>("{\"as\":[\"it\",1]}"),
            _ when type == typeof(IDictionary<string, JsonElement>) => new Dictionary<string, JsonElement> { ["future"] = JsonSerializer.Deserialize<JsonElement>("[1]") },
            _ when type == typeof(IReadOnlyDictionary<string, string>) || type == typeof(SortedDictionary<string, string>) => new SortedDictionary<string, string> { ["k"] = "v" },
            _ when type == typeof(SortedDictionary<string, EmptyObject>) => new SortedDictionary<string, EmptyObject> { ["80/tcp"] = default },
            { IsEnum: true } => Enum.ToObject(type, 1),
            { IsPrimitive: true } => Convert.ChangeType(7, type, System.Globalization.CultureInfo.InvariantCulture),
            _ when item is not null && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) => Filled(item),
            _ when item is not null => ByName(item),
            _ => Sample(type),
        };

        static Array Filled(Type item)
        {
            var list = Array.CreateInstance(item, 2);
            list.SetValue(Value(item, "first"), 0);
            list.SetValue(Value(item, "second"), 1);
            return list;
        }

        static object ByName(Type item)
        {
            var map = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), item))!;
            map.Add("name", Value(item, "named"));
            return map;
        }
    }

    // The interfaces are internal, and Runtime has its own copy of them. Of a record's and its base's the record's own is meant.
    private static Type? Interface(Type type, string name) => type.GetInterfaces().Where(each => each.Namespace == "Bld.Json" && each.Name == name)
        .OrderByDescending(each => each.GenericTypeArguments.Contains(type)).FirstOrDefault();

    private static string Write(object record)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            Interface(record.GetType(), "IJsonWritable")!.GetMethod("Write")!.Invoke(record, [json]);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static object Read(Type record, string json)
    {
        const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DoNotWrapExceptions;
        var map = record.GetInterfaceMap(Interface(record, "IJsonRecord`1")!);
        var read = map.TargetMethods[Array.FindIndex(map.InterfaceMethods, static method => method.Name == "Read")];
        var members = read.GetParameters()[0].ParameterType.GetConstructors(Hidden)[0].Invoke(Hidden, null, [JsonSerializer.Deserialize<JsonElement>(json), "it"], null);
        return read.Invoke(null, Hidden, null, [members], null)!;
    }
}
