using System.Text;

namespace Bld.Dockerfile;

/// <summary>Collects words: blanks end one unless they were quoted; quotes make one even when there is nothing between them.</summary>
internal sealed class WordList
{
    private readonly List<string> _words = [];
    private readonly StringBuilder _word = new();
    private bool _inWord;

    internal void Add(char character)
    {
        if (char.IsWhiteSpace(character))
        {
            End();
            return;
        }

        _inWord = true;
        _word.Append(character);
    }

    internal void AddText(string text)
    {
        foreach (var character in text)
        {
            Add(character);
        }
    }

    internal void AddQuoted(string text)
    {
        _inWord = true;
        _word.Append(text);
    }

    internal IReadOnlyList<string> Finish()
    {
        End();
        return _words;
    }

    private void End()
    {
        if (_inWord)
        {
            _words.Add(_word.ToString());
            _word.Clear();
            _inWord = false;
        }
    }
}
