using System.Text;

using Bld.Builder.Store;
using Bld.Builder.Tests.Layers;
using Bld.Registry;

namespace Bld.Builder.Tests.Store;

public sealed class ImageStoreTests : IDisposable
{
    private readonly TemporaryPlace _place = new();
    private readonly StateDirectory _state;
    private readonly ImageStore _store;

    public ImageStoreTests()
    {
        _state = _place.OpenState();
        _store = new ImageStore(_state);
    }

    public void Dispose()
    {
        _state.Dispose();
        _place.Dispose();
    }

    [Fact]
    public void An_image_is_found_by_each_name_and_by_its_id()
    {
        var image = Add("one", "localhost/a:latest", "localhost/b:1.0");
        Assert.Equal(image, With(_store.Find("localhost/a:latest"), image));
        Assert.Equal(["localhost/a:latest", "localhost/b:1.0"], _store.Find("localhost/b:1.0")!.Names);
        Assert.Equal(image.Id, _store.Find(image.Id[..4])!.Id);
        Assert.Equal(image.Id, _store.Find("sha256:" + image.Id)!.Id);
        Assert.Null(_store.Find("localhost/a"));
        Assert.Null(_store.Find("localhost/a:lat"));
        Assert.Equal(1234, image.Size);
        Assert.Equal(new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero), image.Created);
    }

    [Fact]
    public void A_name_that_moves_leaves_the_old_image_without_it()
    {
        var one = Add("one", "localhost/a:latest");
        var two = Add("two", "localhost/a:latest");
        Assert.Equal(two.Id, _store.Find("localhost/a:latest")!.Id);
        Assert.Empty(_store.Find(one.Id)!.Names);
        Assert.Equal(2, _store.List().Count);
    }

    [Fact]
    public void Tags_come_and_go()
    {
        var image = Add("one");
        Assert.Empty(Assert.Single(_store.List()).Names);
        _store.Tag(image, "localhost/x:1");
        _store.Tag(image, "localhost/y:1");
        Assert.Equal(["localhost/x:1", "localhost/y:1"], Assert.Single(_store.List()).Names);
        Assert.True(_store.Untag("localhost/x:1"));
        Assert.False(_store.Untag("localhost/x:1"));
        Assert.True(_store.Untag("localhost/y:1"));
        Assert.Empty(Assert.Single(_store.List()).Names);
    }

    [Fact]
    public void Adding_again_changes_nothing()
    {
        Add("one", "localhost/a:latest");
        var before = File.ReadAllBytes($"{_state.ImagesPath}/index.json");
        var written = File.GetLastWriteTimeUtc($"{_state.ImagesPath}/index.json");
        Add("one", "localhost/a:latest");
        Assert.Equal(before, File.ReadAllBytes($"{_state.ImagesPath}/index.json"));
        Assert.Equal(written, File.GetLastWriteTimeUtc($"{_state.ImagesPath}/index.json"));
    }

    [Fact]
    public void Removing_an_image_removes_the_blobs_that_no_other_has()
    {
        var shared = Blob("shared layer");
        var own = Blob("own layer");
        var one = Add("one", [shared, own], "localhost/one:1");
        var two = Add("two", [shared], "localhost/two:1");
        _store.Remove(one);
        Assert.False(_store.HasBlob(own));
        Assert.False(_store.HasBlob(one.ManifestDigest));
        Assert.True(_store.HasBlob(shared));
        Assert.Equal(two.Id, Assert.Single(_store.List()).Id);
        _store.Remove(_store.Find("localhost/two:1")!);
        Assert.Empty(Directory.GetFiles($"{_state.ImagesPath}/blobs/sha256"));
    }

    [Fact]
    public void Blobs_stay_while_another_process_may_adopt_them()
    {
        var layer = Blob("layer");
        var image = Add("one", [layer]);
        using (_place.OpenState())
        {
            _store.Remove(image);
            Assert.True(_store.HasBlob(layer));
        }

        Assert.True(_state.TryLockAll());
        Assert.True(_store.RemoveUnusedBlobs() > 0);
        Assert.False(_store.HasBlob(layer));
    }

    [Fact]
    public void Several_ids_that_begin_alike_are_told_apart()
    {
        for (var i = 0; i < 17; i++)
        {
            Add($"image {i}");
        }

        var ambiguous = _store.List().GroupBy(image => image.Id[0]).First(group => group.Count() > 1);
        Assert.Contains("give more digits", Assert.Throws<BuildException>(() => _store.Find($"{ambiguous.Key}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skopeo_reads_the_store_as_an_oci_layout_and_its_changes_are_adopted()
    {
        var layer = Blob(Encoding.Latin1.GetString(TarBytes.Of(TarBytes.File("x"))));
        var image = Add("one", [layer], "localhost/a:latest");
        var inspected = Programs.Shell($"skopeo inspect --raw oci:{_state.ImagesPath}:localhost/a:latest", _place.Path);
        Assert.Equal(Encoding.UTF8.GetString(_store.ReadManifest(image)), inspected.TrimEnd('\n'));
        Programs.Shell($"skopeo copy -q oci:{_state.ImagesPath}:localhost/a:latest oci:{_state.ImagesPath}:localhost/copy:1", _place.Path);
        Assert.Equal(image.Id, _store.Find("localhost/copy:1")!.Id);
        Assert.Equal(image.Created, _store.Find("localhost/copy:1")!.Created);
    }

    [Fact]
    public void A_reader_sees_what_another_process_has_changed_since()
    {
        var image = Add("one", "localhost/a:latest");
        using var state = _place.OpenState();
        var other = new ImageStore(state);
        Assert.Null(other.Find("localhost/b:latest"));
        _store.Tag(image, "localhost/b:latest");
        Assert.Equal(image.Id, other.Find("localhost/b:latest")?.Id);
        other.Untag("localhost/a:latest");
        Assert.Equal(["localhost/b:latest"], _store.Find(image.Id)!.Names);
    }

    [Fact]
    public void A_reader_sees_what_was_written_into_the_file_itself_with_its_old_time_and_length()
    {
        Add("one", "localhost/a:latest");
        Assert.NotNull(_store.Find("localhost/a:latest"));
        var path = $"{_state.ImagesPath}/index.json";
        Thread.Sleep(20);
        Programs.Shell($"touch -r {path} time && sed 's/a:latest/b:latest/' {path} > new && cat new > {path} && touch -r time {path}", _place.Path);
        Assert.Null(_store.Find("localhost/a:latest"));
        Assert.NotNull(_store.Find("localhost/b:latest"));
    }

    [Fact]
    public void Whatever_is_added_moved_and_removed_the_index_is_what_a_plain_model_says()
    {
        var random = new Random(7);
        var model = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var images = Enumerable.Range(0, 6).Select(number => Add($"image {number}")).ToList();
        for (var round = 0; round < 400; round++)
        {
            var image = images[random.Next(images.Count)];
            var name = $"localhost/{"abc"[random.Next(3)]}{random.Next(4)}:latest";
            switch (random.Next(4))
            {
                case 0:
                    Assert.Equal(model.Remove(name), _store.Untag(name));
                    break;
                case 1:
                    var gone = images.Where(_ => random.Next(3) == 0).ToList();
                    _store.Remove(gone);
                    gone.ForEach(each => model.Where(pair => pair.Value == each.Id).ToList().ForEach(pair => model.Remove(pair.Key)));
                    gone.ForEach(each => Add($"image {images.IndexOf(each)}"));
                    break;
                default:
                    _store.Tag(image, name);
                    model[name] = image.Id;
                    break;
            }

            Assert.Equal(model, new SortedDictionary<string, string>(
                _store.List().SelectMany(each => each.Names.Select(known => (known, each.Id))).ToDictionary(pair => pair.known, pair => pair.Id), StringComparer.Ordinal));
            Assert.Equal(images.Select(each => each.Id).Order(), _store.List().Select(each => each.Id).Order());
            Assert.Equal(model.GetValueOrDefault(name), _store.Find(name)?.Id);
            Assert.Equal(model.Where(pair => pair.Value == image.Id).Select(pair => pair.Key), _store.Find(image.Id)!.Names.Order(StringComparer.Ordinal));
            Assert.Equal(model.Where(pair => pair.Value == image.Id).Select(pair => pair.Key), _store.FindManifest(image.ManifestDigest)!.Names.Order(StringComparer.Ordinal));
            Assert.Equal(images.Select(each => each.Id).Except(model.Values).Order(), _store.ListUnnamed().Select(each => each.Id).Order());
            Assert.NotNull(System.Text.Json.JsonDocument.Parse(File.ReadAllBytes($"{_state.ImagesPath}/index.json")));
        }
    }

    [Fact]
    public void A_name_is_found_by_its_ending_and_not_by_one_that_an_image_once_had()
    {
        var image = Add("one", "registry.example.com/team/app:1");
        _store.Tag(image, "localhost/app:1");
        Assert.Equal("registry.example.com/team/app:1", _store.FindNameEnding("/team/app:1"));
        _store.Untag("registry.example.com/team/app:1");
        Assert.Contains("registry.example.com/team/app:1", _store.Find(image.Id)!.History);
        Assert.Null(_store.FindNameEnding("/team/app:1"));
        Assert.Equal("localhost/app:1", _store.FindNameEnding("/app:1"));
        Assert.Null(_store.FindNameEnding("/pp:1"));
    }

    [Fact]
    public void Of_many_images_that_go_together_each_blob_goes_that_no_other_has()
    {
        var shared = Blob("shared layer");
        var own = Blob("own layer");
        var images = new[] { Add("one", [shared, own], "localhost/one:1"), Add("two", [own]), Add("three", [shared], "localhost/three:1") };
        _store.Remove(images[..2]);
        Assert.Equal(images[2].Id, Assert.Single(_store.List()).Id);
        Assert.False(_store.HasBlob(own));
        Assert.True(_store.HasBlob(shared));
        Assert.True(_store.HasBlob(images[2].ManifestDigest));
    }

    [Fact]
    public void A_name_that_is_given_twice_is_one_name()
    {
        var image = Add("one", "localhost/a:latest", "localhost/a:latest");
        Assert.Equal(["localhost/a:latest"], image.Names);
        Assert.True(_store.Untag("localhost/a:latest"));
        Assert.Empty(Assert.Single(_store.List()).Names);
    }

    [Fact]
    public void An_image_whose_manifest_is_lost_goes_with_the_others()
    {
        var layer = Blob("layer");
        var broken = Add("broken", [layer], "localhost/broken:1");
        var whole = Add("whole", [layer], "localhost/whole:1");
        File.Delete(_store.BlobPath(broken.ManifestDigest));
        _store.Remove([broken, whole]);
        Assert.Empty(_store.List());
        Assert.False(_store.HasBlob(layer));
    }

    [Theory]
    [InlineData("\"digest\":", "\"other\":", "an entry without a digest or an id")]
    [InlineData("\"bld.size\":\"", "\"bld.size\":\"x", "x1234")]
    [InlineData("\"annotations\":{", "\"annotations\":[", "is invalid")]
    public void A_damaged_line_is_shown(string whole, string damaged, string expected)
    {
        Add("one", "localhost/a:latest");
        var path = $"{_state.ImagesPath}/index.json";
        File.WriteAllText(path, File.ReadAllText(path).Replace(whole, damaged, StringComparison.Ordinal));
        var message = Assert.Throws<BuildException>(() => _store.List()).Message;
        Assert.Contains("images/index.json has a line that is no image's: {", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_foreign_index_is_taken_over_with_the_names_that_images_had()
    {
        var one = Add("one", "localhost/a:latest");
        Add("two", "localhost/a:latest");
        var path = $"{_state.ImagesPath}/index.json";
        var lines = File.ReadAllText(path).Replace("[\n", "[ ", StringComparison.Ordinal);
        File.WriteAllText(path, lines);
        Assert.Equal(["localhost/a:latest"], _store.Find(one.Id)!.History);
        Assert.Empty(_store.Find(one.Id)!.Names);
        _store.Tag(one, "localhost/b:latest");
        Assert.Equal(2, _store.List().Count);
        Assert.Contains("[\n", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_processes_that_add_lose_nothing()
    {
        Parallel.For(0, 8, worker =>
        {
            using var state = _place.OpenState();
            var store = new ImageStore(state);
            for (var i = 0; i < 10; i++)
            {
                Add(store, $"{worker} {i}", [], $"localhost/{worker}-{i}:1");
            }
        });
        Assert.Equal(80, _store.List().Count);
    }

    [Fact]
    public void A_manifest_of_another_configuration_is_refused()
    {
        var config = Config("one");
        var manifest = Manifest(Digest.Of("other"u8), 5, []);
        Assert.Throws<BuildException>(() => _store.Add(manifest, MediaTypes.OciManifest, config, []));
    }

    private static StoredImage? With(StoredImage? found, StoredImage expected) => found is null ? null : found with { Names = expected.Names, History = expected.History };

    private StoredImage Add(string seed, params string[] names) => Add(_store, seed, [], names);

    private StoredImage Add(string seed, IReadOnlyList<Digest> layers, params string[] names) => Add(_store, seed, layers, names);

    private static StoredImage Add(ImageStore store, string seed, IReadOnlyList<Digest> layers, params string[] names)
    {
        var config = Config(seed);
        return store.Add(Manifest(Digest.Of(config), config.Length, layers), MediaTypes.OciManifest, config, names);
    }

    private static byte[] Config(string seed) => new ImageConfig
    {
        Architecture = "amd64",
        Os = "linux",
        Author = seed,
        Created = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero),
    }.ToJson();

    private static byte[] Manifest(Digest config, long size, IReadOnlyList<Digest> layers) => new ImageManifest
    {
        MediaType = MediaTypes.OciManifest,
        Config = new Descriptor { MediaType = MediaTypes.OciConfig, Digest = config, Size = size },
        Layers = layers.Count == 0
            ? [new Descriptor { MediaType = MediaTypes.OciLayer, Digest = Digest.Of("built here"u8), Size = 1234 }]
            : [.. layers.Select(layer => new Descriptor { MediaType = MediaTypes.OciLayer, Digest = layer, Size = 2048 })],
    }.ToJson();

    private Digest Blob(string content)
    {
        var bytes = Encoding.Latin1.GetBytes(content);
        using var blob = _store.CreateBlob();
        blob.Content.Write(bytes);
        blob.Publish(Digest.Of(bytes));
        return Digest.Of(bytes);
    }
}
